//! `bench read`: the cached product in the API, beside nginx serving the same bytes, in turn.

use std::{io, net::SocketAddr, time::Duration};

use crate::{
    cli::ReadArgs,
    client::{Client, HttpAnswer},
    load::{
        Plan, Report,
        request::{self, Repeated},
        run,
    },
    nginx::{self, Nginx, ServedPage},
    shop::{Setup, Shop},
    table::{Floor, Table, median, rate},
};

/// A turn is preceded by one of this length that does not count.
const WARM_UP: Duration = Duration::from_millis(300);

/// One server's page.
struct Contender<'a> {
    name: &'static str,
    server: SocketAddr,
    path: String,
    /// The processor time of the server so far.
    cpu: Box<dyn Fn() -> Duration + 'a>,
    turns: Vec<(Report, Duration)>,
}

/// Measures and prints; returns the floors.
pub fn bench(args: &ReadArgs) -> io::Result<Vec<Floor>> {
    if let Some(url) = &args.url {
        return compare(args, "the server", url.server, &url.path, Box::new(|| Duration::ZERO));
    }
    let shop = Shop::start(&Setup::new(args.binary.as_deref())?)?;
    let products = shop.products()?;
    let id = products.first().and_then(|product| product.get("id")?.as_str());
    let id = id.ok_or_else(|| io::Error::other("the shop has no product"))?;
    compare(args, "Caravel", shop.socket(), &format!("/api/v1/products/{id}"), Box::new(|| shop.cpu()))
}

fn compare<'a>(
    args: &ReadArgs,
    name: &'static str,
    server: SocketAddr,
    path: &str,
    cpu: Box<dyn Fn() -> Duration + 'a>,
) -> io::Result<Vec<Floor>> {
    let page = page(&Client::new(server).get(path, &[])?)?;
    let length = page.body.len();
    let nginx = Nginx::start(&page)?;
    let beside = |name, path: &str| Contender {
        name,
        server: nginx.socket(),
        path: path.to_owned(),
        cpu: Box::new(|| nginx.cpu()),
        turns: Vec::new(),
    };
    let ours = Contender { name, server, path: path.to_owned(), cpu, turns: Vec::new() };
    let mut contenders =
        [ours, beside("nginx, file", nginx::FILE), beside("nginx, configuration", nginx::RETURN)];
    for _ in 0..args.rounds {
        for contender in &mut contenders {
            contender.turn(args, length as u64)?;
        }
    }
    let [ours, file, configuration] = contenders;
    let mut table = Table::new(
        format!(
            "Reading {path}: {length} bytes, {} connections, medians of {} turns of {:.1} s",
            args.connections,
            args.rounds,
            args.duration.as_secs_f64()
        ),
        &["", "rate", "p50 ms", "p99 ms", "server us", "client us"],
    );
    for contender in [&ours, &file, &configuration] {
        table.row(contender.cells());
    }
    print!("{table}");
    let floors = vec![
        Floor::ratio("cached product / nginx from a file", ours.rate(), file.rate(), 1.0),
        Floor::ratio("cached product / nginx from its configuration", ours.rate(), configuration.rate(), 0.7),
    ];
    print!("{}", Table::of_floors("Reading against its floors", &floors));
    Ok(floors)
}

impl Contender<'_> {
    fn turn(&mut self, args: &ReadArgs, length: u64) -> io::Result<()> {
        let bytes = request::get(&self.path, &[]);
        let load = |duration| {
            let plan = Plan::closed(self.server, args.connections, duration);
            run(&plan, |_| Repeated(bytes.clone()))
        };
        load(WARM_UP)?;
        let before = (self.cpu)();
        let report = load(args.duration)?;
        let cpu = (self.cpu)().saturating_sub(before);
        if report.errors() > 0 || report.body_bytes() != report.count(200) * length {
            return Err(io::Error::other(format!(
                "{} did not serve the page each time:\n{report}",
                self.name
            )));
        }
        self.turns.push((report, cpu));
        Ok(())
    }

    fn median(&self, figure: impl Fn(&(Report, Duration)) -> f64) -> f64 {
        median(&self.turns.iter().map(figure).collect::<Vec<_>>())
    }

    fn rate(&self) -> f64 {
        self.median(|(report, _)| report.rate())
    }

    fn cells(&self) -> [String; 6] {
        let millis = |percent: f64| self.median(|(report, _)| report.percentile(percent).as_secs_f64() * 1e3);
        let server = self.median(|(report, cpu)| cpu.as_secs_f64() * 1e6 / report.answers_f64());
        let client = self.median(|(report, _)| report.client_cpu_per_answer().as_secs_f64() * 1e6);
        [
            self.name.to_owned(),
            rate(self.rate()),
            format!("{:.3}", millis(50.0)),
            format!("{:.3}", millis(99.0)),
            format!("{server:.2}"),
            format!("{client:.2}"),
        ]
    }
}

/// The page as nginx is to serve it.
fn page(answer: &HttpAnswer) -> io::Result<ServedPage> {
    if answer.status != 200 {
        return Err(io::Error::other(format!("the page has status {}", answer.status)));
    }
    Ok(ServedPage {
        content_type: answer.header("content-type").unwrap_or("text/plain").to_owned(),
        headers: answer.headers.clone(),
        body: answer.body.clone(),
    })
}
