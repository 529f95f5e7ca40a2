//! What can be asked for on the command line.

use std::{
    net::{SocketAddr, ToSocketAddrs as _},
    path::PathBuf,
    time::Duration,
};

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Measures Caravel on this machine, beside what it is held against.
#[derive(Debug, Parser)]
#[command(name = "bench", version)]
pub struct Cli {
    /// What to measure.
    #[command(subcommand)]
    pub command: Command,
}

/// The measurements.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Send one request again and again to any server on this machine
    Http(HttpArgs),
    /// The cached product in the API, beside nginx serving the same bytes
    Read(ReadArgs),
    /// Placing orders while the reactions wait: spread over the catalogue, and on one hot product
    Place(PlaceArgs),
    /// The whole journey at a fixed rate: placed, paid, confirmed, mail written
    Journey(JourneyArgs),
    /// The shop as a fleet beside the shop as one process: orders, requests between services, idle memory
    Fleet(FleetArgs),
    /// How soon the first page comes, and the memory of an idle shop
    Start(StartArgs),
    /// The raw limits of the databases, without the shop
    Raw(RawArgs),
    /// Everything, with the settings that the floors are stated for
    All(AllArgs),
}

/// `bench http`
#[derive(Debug, Args)]
pub struct HttpArgs {
    /// Where to send it, as `http://127.0.0.1:8080/path`
    #[arg(long)]
    pub url: PageUrl,
    /// Keep-alive connections
    #[arg(long, default_value_t = 32)]
    pub connections: usize,
    /// Threads of the generator
    #[arg(long, default_value_t = 1)]
    pub threads: usize,
    /// How long to send: 500ms, 5s, 2m
    #[arg(long, default_value = "5s", value_parser = duration)]
    pub duration: Duration,
    /// Stop after so many requests
    #[arg(long)]
    pub count: Option<u64>,
    /// `closed`: each connection's next request after its answer; `open`: by schedule
    #[arg(long, default_value = "closed")]
    pub mode: ModeName,
    /// Requests a second in the open mode
    #[arg(long, required_if_eq("mode", "open"))]
    pub rate: Option<f64>,
    /// A further header, as "Name: value"
    #[arg(long = "header")]
    pub headers: Vec<String>,
    /// Send a POST with this JSON
    #[arg(long)]
    pub json: Option<String>,
}

/// The name of a loop.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum ModeName {
    /// See [`crate::load::Mode::Closed`].
    Closed,
    /// See [`crate::load::Mode::Open`].
    Open,
}

/// How to start the shop.
#[derive(Args, Clone, Debug)]
pub struct ShopArgs {
    /// The shop's binary [default: `caravel` beside this one]
    #[arg(long = "shop", value_name = "PATH")]
    pub binary: Option<PathBuf>,
    /// Which database it runs on
    #[arg(long, default_value = "both")]
    pub database: Databases,
    /// Keep-alive connections: a batch cannot hold more orders than there are buyers waiting
    #[arg(long, default_value_t = 256)]
    pub connections: usize,
}

/// Which databases to measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Databases {
    /// Only SQLite.
    Sqlite,
    /// Only PostgreSQL, a private instance.
    Postgres,
    /// One after the other.
    Both,
}

/// `bench read`
#[derive(Args, Clone, Debug)]
pub struct ReadArgs {
    /// The shop's binary [default: `caravel` beside this one]
    #[arg(long = "shop", value_name = "PATH")]
    pub binary: Option<PathBuf>,
    /// Compare this page of a running server instead of starting the shop
    #[arg(long, conflicts_with = "binary")]
    pub url: Option<PageUrl>,
    /// Keep-alive connections
    #[arg(long, default_value_t = 32)]
    pub connections: usize,
    /// How often each of them has its turn
    #[arg(long, default_value_t = 5)]
    pub rounds: usize,
    /// The length of one turn
    #[arg(long, default_value = "3s", value_parser = duration)]
    pub duration: Duration,
}

/// `bench place`
#[derive(Args, Clone, Debug)]
pub struct PlaceArgs {
    /// The shop and its database.
    #[command(flatten)]
    pub shop: ShopArgs,
    /// How often spread and hot have their turn
    #[arg(long, default_value_t = 3)]
    pub rounds: usize,
    /// The length of one turn, and of each raw measurement
    #[arg(long, default_value = "5s", value_parser = duration)]
    pub duration: Duration,
}

/// `bench journey`
#[derive(Args, Clone, Debug)]
pub struct JourneyArgs {
    /// The shop and its database.
    #[command(flatten)]
    pub shop: ShopArgs,
    /// Orders a second [default: 12 % of the raw limit]
    #[arg(long)]
    pub rate: Option<f64>,
    /// Then look for the highest rate that it keeps up with
    #[arg(long)]
    pub search: bool,
    /// How long orders come in
    #[arg(long, default_value = "60s", value_parser = duration)]
    pub duration: Duration,
}

/// `bench fleet`
#[derive(Args, Clone, Debug)]
pub struct FleetArgs {
    /// The shop's binary [default: `caravel` beside this one]
    #[arg(long = "shop", value_name = "PATH")]
    pub binary: Option<PathBuf>,
    /// Keep-alive connections that orders come over
    #[arg(long, default_value_t = 256)]
    pub connections: usize,
    /// Let the reactions run while orders come in; the floors are stated without them
    #[arg(long)]
    pub reactions: bool,
    /// How often each has its turn
    #[arg(long, default_value_t = 3)]
    pub rounds: usize,
    /// The length of one turn
    #[arg(long, default_value = "5s", value_parser = duration)]
    pub duration: Duration,
}

/// `bench start`
#[derive(Args, Clone, Debug)]
pub struct StartArgs {
    /// The shop's binary [default: `caravel` beside this one]
    #[arg(long = "shop", value_name = "PATH")]
    pub binary: Option<PathBuf>,
}

/// `bench raw`
#[derive(Args, Clone, Debug)]
pub struct RawArgs {
    /// Which database
    #[arg(long, default_value = "both")]
    pub database: Databases,
    /// The length of each measurement
    #[arg(long, default_value = "5s", value_parser = duration)]
    pub duration: Duration,
}

/// `bench all`
#[derive(Args, Clone, Debug)]
pub struct AllArgs {
    /// The shop and its database.
    #[command(flatten)]
    pub shop: ShopArgs,
}

/// The URL of a page on this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageUrl {
    /// The server.
    pub server: SocketAddr,
    /// The path with its query, beginning with a slash.
    pub path: String,
}

impl std::str::FromStr for PageUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let rest = text.strip_prefix("http://").ok_or("the URL must begin with http://")?;
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let authority = if authority.rsplit(']').next().is_some_and(|end| end.contains(':')) {
            authority.to_owned()
        } else {
            format!("{authority}:80")
        };
        let mut found = authority.to_socket_addrs().map_err(|error| error.to_string())?;
        let server = found.find(|server| server.ip().is_loopback()).ok_or("that is not this machine")?;
        Ok(Self { server, path: if path.is_empty() { "/".to_owned() } else { path.to_owned() } })
    }
}

/// Reads `500ms`, `5s`, `2m`.
fn duration(text: &str) -> Result<Duration, String> {
    let (number, unit) = text.split_at(text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len()));
    let unit = match unit {
        "ms" => 0.001,
        "s" => 1.0,
        "m" => 60.0,
        _ => return Err("write a number and ms, s or m".to_owned()),
    };
    let seconds = number.parse::<f64>().map_err(|error| error.to_string())? * unit;
    let duration = Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())?;
    if duration.is_zero() { Err("it must be longer than nothing".to_owned()) } else { Ok(duration) }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
        assert!(Cli::try_parse_from(["bench", "http", "--url", "http://[::1]:8080/a?b=c"]).is_ok());
        assert!(
            Cli::try_parse_from(["bench", "http", "--url", "http://127.0.0.1/", "--mode", "open"]).is_err()
        );
    }

    #[test]
    fn durations_have_units() {
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(duration("1.5s"), Ok(Duration::from_millis(1500)));
        assert_eq!(duration("2m"), Ok(Duration::from_mins(2)));
        for wrong in ["5", "s", "-1s", "0s", "5h", ""] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn only_this_machine_is_an_address() {
        let url = |text: &str| text.parse::<PageUrl>();
        let expected =
            |server: &str, path: &str| Ok(PageUrl { server: server.parse().unwrap(), path: path.into() });
        assert_eq!(url("http://127.0.0.1:8080/a?b=/c"), expected("127.0.0.1:8080", "/a?b=/c"));
        assert_eq!(url("http://127.0.0.1"), expected("127.0.0.1:80", "/"));
        assert_eq!(url("http://[::1]/x"), expected("[::1]:80", "/x"));
        for wrong in ["https://127.0.0.1/", "http://192.0.2.1/", "http://0.0.0.0/", "127.0.0.1:80", "http://"]
        {
            assert!(url(wrong).is_err(), "{wrong}");
        }
    }
}
