//! The Dockerfile, line by line, and the health check that it names.

use std::{
    collections::BTreeSet,
    io::{Read as _, Write as _},
    net::TcpListener,
    thread::{self, JoinHandle},
};

use crate::{
    file,
    program::{self, Shop},
};

/// Its instructions with their arguments, in order; continued lines are one.
fn instructions() -> Vec<(String, String)> {
    let text = file("deploy/Dockerfile");
    let lines =
        text.lines().filter(|line| !line.trim_start().starts_with('#')).collect::<Vec<_>>().join("\n");
    let lines = lines.replace("\\\n", " ");
    let lines = lines.lines().map(str::trim).filter(|line| !line.is_empty());
    lines
        .map(|line| {
            let (instruction, arguments) = line.split_once(' ').unwrap();
            (instruction.to_owned(), arguments.split_whitespace().collect::<Vec<_>>().join(" "))
        })
        .collect()
}

/// The instructions of the shipped image.
fn last_stage() -> Vec<(String, String)> {
    let all = instructions();
    let last = all.iter().rposition(|(instruction, _)| instruction == "FROM").unwrap();
    all[last..].to_vec()
}

fn only(instruction: &str) -> String {
    let found: Vec<_> = last_stage().into_iter().filter(|(name, _)| name == instruction).collect();
    assert_eq!(found.len(), 1, "{instruction}: {found:?}");
    found[0].1.clone()
}

/// What the image sets in the environment.
pub(crate) fn variables() -> Vec<(String, String)> {
    let pairs = only("ENV");
    let pairs = pairs.split(' ').map(|pair| pair.split_once('=').unwrap());
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

fn words(json: &str) -> Vec<String> {
    serde_json::from_str(json).unwrap_or_else(|error| panic!("{json} goes through a shell: {error}"))
}

#[test]
fn the_image_is_small_pinned_and_not_roots() {
    let known = [
        "FROM",
        "WORKDIR",
        "COPY",
        "RUN",
        "LABEL",
        "USER",
        "ENV",
        "VOLUME",
        "EXPOSE",
        "STOPSIGNAL",
        "HEALTHCHECK",
        "ENTRYPOINT",
        "CMD",
    ];
    let all = instructions();
    for (instruction, arguments) in &all {
        assert!(known.contains(&instruction.as_str()), "{instruction} {arguments}");
    }
    let bases: Vec<_> = all.iter().filter(|(name, _)| name == "FROM").map(|(_, base)| base).collect();
    assert_eq!(bases.len(), 2, "one to build in, one to ship");
    for base in &bases {
        let image = base.split(' ').next().unwrap();
        let tag = image.split_once(':').unwrap_or_else(|| panic!("{image} has no version")).1;
        assert!(!tag.is_empty() && tag != "latest", "{image}");
    }
    // The compiler that the workspace requires.
    let manifest = file("Cargo.toml");
    let version =
        manifest.lines().find_map(|line| line.strip_prefix("rust-version = ")).unwrap().trim_matches('"');
    assert!(bases[0].starts_with(&format!("rust:{version}-")), "{}", bases[0]);
    assert!(bases[1].contains("-slim"));

    let user = only("USER");
    let id: u32 = user.split(':').next().unwrap().parse().expect("a number, which a cluster can check");
    assert_eq!(id, 10001);
    assert!(only("VOLUME").contains("/var/lib/caravel"));
    assert_eq!(only("STOPSIGNAL"), "SIGTERM");
    let copied: Vec<_> = last_stage().into_iter().filter(|(name, _)| name == "COPY").collect();
    assert_eq!(copied.len(), 1, "the program and nothing else: {copied:?}");
    let mut runs = last_stage().into_iter().filter(|(name, _)| name == "RUN");
    assert!(runs.any(|(_, command)| command.contains(" ca-certificates")), "it would trust no server");
}

#[test]
fn the_program_is_started_as_it_wants_to_be() {
    assert_eq!(words(&only("ENTRYPOINT")), ["caravel"]);
    let command = words(&only("CMD"));
    let read = program::run(&[command[0].as_str(), "--help"], &[]);
    assert!(read.status.success() && program::said(&read).contains("Usage: caravel up"));
    let check = only("HEALTHCHECK");
    let check = words(check.split_once("CMD ").unwrap().1);
    assert_eq!(check[0], "caravel");
    let read = program::run(&[check[1].as_str(), "--help"], &[]);
    assert!(read.status.success(), "{}", program::said(&read));
}

#[test]
fn the_context_has_every_crate_and_no_secrets() {
    let ignored = file("deploy/Dockerfile.dockerignore");
    let lines: Vec<_> = ignored.lines().filter(|line| !line.starts_with('#')).collect();
    assert_eq!(lines[0], "*", "what is not named stays outside");
    let named: BTreeSet<_> = lines.iter().filter_map(|line| line.strip_prefix('!')).collect();
    let manifest = file("Cargo.toml");
    let members = manifest.split_once("members = [").unwrap().1.split_once(']').unwrap().0;
    for member in
        members.split(',').map(|member| member.trim().trim_matches('"')).filter(|name| !name.is_empty())
    {
        let folder = member.split('/').next().unwrap();
        assert!(named.contains(folder), "{member} is a crate of the workspace");
    }
    for needed in ["Cargo.toml", "Cargo.lock"] {
        assert!(named.contains(needed), "{needed}");
    }
    assert!(!named.contains("deploy"), "the secrets lie there");
}

#[test]
fn the_health_check_reports_what_the_process_reports() {
    let shop = Shop::start(false);
    let socket = shop.socket().to_string();
    let healthy = program::run(&["health", &socket], &[]);
    assert!(healthy.status.success(), "{}", program::said(&healthy));
    assert!(program::said(&healthy).contains("order"), "{}", program::said(&healthy));
    // Without a URL the settings decide; a process that listens on all interfaces is asked here.
    let everywhere = format!("0.0.0.0:{}", shop.socket().port());
    let found = program::run(&["health"], &[("CARAVEL_WEB_LISTEN".to_owned(), everywhere)]);
    assert!(found.status.success(), "{}", program::said(&found));
    drop(shop);
    let gone = program::run(&["health", &socket], &[]);
    assert!(!gone.status.success());
    assert!(program::said(&gone).contains(&socket), "{}", program::said(&gone));

    let (draining, socket) = answering_once("503 Service Unavailable", "draining");
    let refused = program::run(&["health", &socket], &[]);
    draining.join().unwrap();
    assert!(!refused.status.success());
    assert!(program::said(&refused).contains("draining"), "{}", program::said(&refused));
}

#[test]
fn the_health_check_finds_the_process_whatever_its_role() {
    let nobody = program::free_socket().to_string();
    for (role, mine, others) in [
        ("a service", "CARAVEL_RUN_HEALTH", "CARAVEL_WEB_LISTEN"),
        ("the whole shop", "CARAVEL_WEB_LISTEN", "CARAVEL_RUN_HEALTH"),
    ] {
        let (ready, socket) = answering_once("200 OK", "ready");
        let variables = [(mine.to_owned(), socket), (others.to_owned(), nobody.clone())];
        let found = program::run(&["health"], &variables);
        assert!(found.status.success(), "{role}: {}", program::said(&found));
        ready.join().unwrap();
    }
}

/// A process that is asked for its health once, and its socket.
fn answering_once(status: &'static str, body: &'static str) -> (JoinHandle<()>, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let socket = listener.local_addr().unwrap().to_string();
    let answering = thread::spawn(move || {
        let (mut connection, _) = listener.accept().unwrap();
        let mut request = [0; 1024];
        let length = connection.read(&mut request).unwrap();
        assert!(request[..length].starts_with(b"GET /health/ready HTTP/1.1\r\n"));
        let length = body.len();
        let answer =
            format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}");
        connection.write_all(answer.as_bytes()).unwrap();
    });
    (answering, socket)
}
