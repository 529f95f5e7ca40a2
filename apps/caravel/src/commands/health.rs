//! `caravel health`: whether a process of the shop can serve, for what starts and replaces it.

use std::{
    io::{self, Read as _, Write as _},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream},
    time::Duration,
};

use clap::Args;
use runtime::BoxError;
use serde::Deserialize;

use crate::{
    settings::{self, Options},
    stdout::print,
};

/// The arguments of `caravel health`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Where the process answers [default: where the settings say].
    #[arg(value_name = "IP:PORT")]
    listen_address: Option<SocketAddr>,
}

/// How long the process may take for each step of its answer.
const PATIENCE: Duration = Duration::from_secs(3);

/// The settings that say where processes answer.
#[derive(Deserialize)]
struct Sections {
    run: settings::Run,
    web: settings::Web,
}

/// Fails unless the process is ready; the failure repeats its answer.
pub(crate) fn run(options: &Options, arguments: &Arguments) -> Result<(), BoxError> {
    let settings: Sections = settings::load_sections(options)?;
    // A process of `caravel run` answers on the first, if it is set, one of `caravel up` on the other.
    let listen_addresses = match arguments.listen_address {
        Some(listen_address) => vec![listen_address],
        None => settings.run.health.into_iter().chain([settings.web.listen]).collect(),
    };
    let mut refusal = String::new();
    for listen_address in listen_addresses.into_iter().map(reachable) {
        match TcpStream::connect_timeout(&listen_address, PATIENCE) {
            Ok(connection) => {
                let answer =
                    ask(connection).map_err(|error| format!("no answer from {listen_address}: {error}"))?;
                let report = format!("{listen_address}: {}", body(&answer));
                if !answer.starts_with("HTTP/1.1 200 ") {
                    return Err(report.into());
                }
                print(report);
                return Ok(());
            }
            Err(error) => refusal = format!("nothing answers on {listen_address}: {error}"),
        }
    }
    Err(refusal.into())
}

/// A process that listens everywhere is asked on this machine.
fn reachable(listen_address: SocketAddr) -> SocketAddr {
    match listen_address.ip() {
        IpAddr::V4(Ipv4Addr::UNSPECIFIED) => (Ipv4Addr::LOCALHOST, listen_address.port()).into(),
        IpAddr::V6(Ipv6Addr::UNSPECIFIED) => (Ipv6Addr::LOCALHOST, listen_address.port()).into(),
        _ => listen_address,
    }
}

fn ask(mut connection: TcpStream) -> io::Result<String> {
    connection.set_read_timeout(Some(PATIENCE))?;
    connection.set_write_timeout(Some(PATIENCE))?;
    connection.write_all(b"GET /health/ready HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")?;
    let mut answer = Vec::new();
    connection.read_to_end(&mut answer)?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

fn body(answer: &str) -> &str {
    answer.split_once("\r\n\r\n").map_or(answer, |(_, body)| body).trim()
}
