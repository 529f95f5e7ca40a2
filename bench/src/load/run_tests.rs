//! Whole runs against a small server of threads that misbehaves on command.

use std::{
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use super::{request::Repeated, *};

const OK: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const LAST: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok";
const CUT_OFF: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\nok";

/// Serves each connection in a thread: `answer` gets the number of the request among all, and gives the bytes to
/// answer and whether to go on.
fn serve(answer: impl Fn(u64) -> (&'static [u8], bool) + Clone + Send + Sync + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let server = listener.local_addr().unwrap();
    let count = Arc::new(AtomicU64::new(0));
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (answer, count) = (answer.clone(), Arc::clone(&count));
            thread::spawn(move || while serve_one(&stream, &answer, &count) {});
        }
    });
    server
}

fn serve_one(
    mut stream: &TcpStream,
    answer: &impl Fn(u64) -> (&'static [u8], bool),
    count: &AtomicU64,
) -> bool {
    let mut request = [0; 1024];
    if !stream.read(&mut request).is_ok_and(|read| read > 0) {
        return false;
    }
    let (bytes, go_on) = answer(count.fetch_add(1, Ordering::Relaxed));
    stream.write_all(bytes).is_ok() && go_on
}

fn load(plan: &Plan) -> Report {
    run(plan, |_| Repeated(request::get("/", &[]))).unwrap()
}

const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

#[test]
fn a_closed_loop_stops_at_its_count() {
    let server = serve(|_| (OK, true));
    for threads in [1, 2] {
        let plan = Plan { count: Some(500), threads, ..Plan::closed(server, 4, ms(20_000)) };
        let report = load(&plan);
        assert_eq!((report.count(200), report.errors(), report.tally.body_bytes), (500, 0, 1000));
        assert!(report.window < ms(20_000) && report.rate() > 25.0, "{report}");
    }
}

#[test]
fn a_closed_loop_stops_at_its_time() {
    let server = serve(|_| (OK, true));
    let before = Instant::now();
    let report = load(&Plan::closed(server, 2, ms(200)));
    assert!(report.count(200) > 0 && report.errors() == 0 && report.window == ms(200), "{report}");
    assert!(before.elapsed() < ms(3000));
}

#[test]
fn a_stall_shows_in_every_request_that_was_due_in_it() {
    let stalled = Arc::new(AtomicBool::new(false));
    let server = serve(move |k| {
        if k >= 100 && !stalled.swap(true, Ordering::Relaxed) {
            thread::sleep(ms(500));
        }
        (OK, true)
    });
    // One connection: while it waits, a closed loop would send nothing and count a single slow answer.
    let report = load(&Plan::open(server, 1, 200.0, ms(2000)));
    assert_eq!(report.answers() + report.errors(), 400);
    assert!(report.max() >= ms(480), "{report}");
    assert!(report.percentile(90.0) >= ms(150), "some 100 of 400 requests were due in the stall: {report}");
}

#[test]
fn requests_that_found_no_connection_are_told() {
    let server = serve(|_| {
        thread::sleep(ms(50));
        (OK, true)
    });
    let report = load(&Plan::open(server, 1, 100.0, ms(500)));
    assert_eq!(report.answers() + report.errors(), 50);
    assert!(report.errors() >= 35, "{report}");
    assert!(report.max() >= ms(350), "they count with their wait: {report}");
}

#[test]
fn a_closed_connection_is_opened_again() {
    let server = serve(|k| if k % 3 == 2 { (LAST, false) } else { (OK, true) });
    let report = load(&Plan { count: Some(90), ..Plan::closed(server, 2, ms(20_000)) });
    assert_eq!((report.count(200), report.errors()), (90, 0));
}

#[test]
fn answers_that_are_cut_off_or_never_come_are_errors() {
    let server = serve(|k| if k % 10 == 9 { (CUT_OFF, false) } else { (OK, true) });
    let report = load(&Plan { count: Some(100), ..Plan::closed(server, 1, ms(20_000)) });
    assert_eq!((report.count(200), report.errors()), (90, 10), "{report}");

    let silent = serve(|_| (b"", true));
    let report = load(&Plan::closed(silent, 3, ms(50)));
    assert_eq!((report.answers(), report.errors()), (0, 3), "{report}");
    assert!(report.max() >= GRACE, "{report}");
}

#[test]
fn only_this_machine_is_loaded_and_only_sensibly() {
    let local: SocketAddr = "127.0.0.1:1".parse().unwrap();
    let refused = |plan: Plan| run(&plan, |_| Repeated(Vec::new())).unwrap_err().kind();
    let kind = io::ErrorKind::InvalidInput;
    for server in ["192.0.2.1:80", "10.0.0.1:80", "[2001:db8::1]:80", "0.0.0.0:80"] {
        assert_eq!(refused(Plan::closed(server.parse().unwrap(), 1, ms(1))), kind, "{server}");
    }
    assert_eq!(refused(Plan::closed(local, 0, ms(1))), kind);
    assert_eq!(refused(Plan::open(local, 1, 0.0, ms(1))), kind);
    assert_eq!(refused(Plan::open(local, 1, f64::NAN, ms(1))), kind);
    assert_eq!(refused(Plan { threads: 2, ..Plan::closed(local, 1, ms(1)) }), kind);
}
