//! The program, outside of a container.

use std::{
    fs,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    time::{Duration, Instant},
};

use tempfile::TempDir;

const PROGRAM: &str = env!("CARGO_BIN_EXE_caravel");

/// The time limit of a start; the program is built for tests, without optimisation.
const START: Duration = Duration::from_mins(1);

/// A whole shop in one process. It is killed when this is dropped.
pub(crate) struct Shop {
    child: Child,
    folder: TempDir,
    socket: SocketAddr,
}

impl Shop {
    /// Starts a shop, empty or with the demo's products, and waits until it can serve.
    pub(crate) fn start(demo: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let socket = free_socket();
        let log = fs::File::create(folder.path().join("shop.log")).unwrap();
        let child = command(&["up", "--listen", &socket.to_string(), "--data", "data"], folder.path())
            .env("CARAVEL_SHOP_DEMO", demo.to_string())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        let mut shop = Self { child, folder, socket };
        let began = Instant::now();
        while !run(&["health", &socket.to_string()], &[]).status.success() {
            assert!(shop.child.try_wait().unwrap().is_none(), "the shop ended at its start: {}", shop.log());
            assert!(began.elapsed() < START, "the shop is not ready after {START:?}: {}", shop.log());
            std::thread::sleep(Duration::from_millis(20));
        }
        shop
    }

    pub(crate) fn socket(&self) -> SocketAddr {
        self.socket
    }

    pub(crate) fn admin_key(&self) -> String {
        fs::read_to_string(self.folder.path().join("data/admin.key")).unwrap().trim().to_owned()
    }

    /// Ends it without warning.
    pub(crate) fn kill(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        self.child.wait().unwrap();
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("shop.log")).unwrap()
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Runs a command to its end, in a folder without a settings file.
pub(crate) fn run(arguments: &[&str], variables: &[(String, String)]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let variables = variables.iter().map(|(name, value)| (name, value));
    command(arguments, folder.path()).envs(variables).output().unwrap()
}

fn command(arguments: &[&str], folder: &Path) -> Command {
    let mut command = Command::new(PROGRAM);
    command.args(arguments).current_dir(folder).stdin(Stdio::null());
    command
}

/// The whole output of a command.
pub(crate) fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// The repository.
pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A socket on which no server listens.
pub(crate) fn free_socket() -> SocketAddr {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap()
}
