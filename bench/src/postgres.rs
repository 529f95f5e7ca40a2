//! A PostgreSQL of our own: a fresh cluster on a private port, with the durability that it has by default.

use std::{
    fs, io,
    os::unix::fs::{MetadataExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use tempfile::TempDir;

use crate::{cpu, nginx::free_port};

/// What differs from the defaults: more memory and connections, and no forced checkpoint within a run. `fsync`,
/// `synchronous_commit` and `full_page_writes` stay on.
const SETTINGS: &str = "listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 200
shared_buffers = 512MB
max_wal_size = 8GB
checkpoint_timeout = 15min
";

/// A running cluster. It stops, and is deleted, when this is dropped.
#[derive(Debug)]
pub struct Postgres {
    folder: TempDir,
    programs: PathBuf,
    port: u16,
}

impl Postgres {
    /// Makes a cluster and starts it. As root, which PostgreSQL refuses, it runs as the user `postgres`.
    pub fn start() -> io::Result<Self> {
        let folder = tempfile::Builder::new().prefix("caravel-bench-postgres-").tempdir()?;
        let postgres = Self { folder, programs: programs()?, port: free_port()?.port() };
        if is_root(postgres.folder.path())? {
            done(Command::new("chown").arg("postgres").arg(postgres.folder.path()))?;
        }
        fs::set_permissions(postgres.folder.path(), fs::Permissions::from_mode(0o700))?;
        done(postgres.program("initdb").args(["-A", "trust", "-U", "caravel", "-E", "UTF8", "--no-locale"]))?;
        let settings = postgres.folder.path().join("postgresql.conf");
        let defaults = fs::read_to_string(&settings)?;
        fs::write(&settings, format!("{defaults}\n{SETTINGS}port = {}\n", postgres.port))?;
        let log = postgres.folder.path().join("bench-postgres.log");
        done(postgres.program("pg_ctl").args(["start", "-w", "-s", "-l"]).arg(log))?;
        Ok(postgres)
    }

    /// Makes an empty database and gives its URL.
    pub fn create_database(&self, name: &str) -> io::Result<String> {
        let port = self.port.to_string();
        let program = self.programs.join("createdb");
        done(Command::new(program).args(["-h", "127.0.0.1", "-p", &port, "-U", "caravel", name]))?;
        Ok(format!("postgres://caravel@127.0.0.1:{port}/{name}"))
    }

    /// The processor time of its processes so far.
    pub fn cpu(&self) -> Duration {
        let pid = fs::read_to_string(self.folder.path().join("postmaster.pid")).unwrap_or_default();
        pid.lines().next().and_then(|pid| pid.parse().ok()).map(cpu::process).unwrap_or_default()
    }

    fn program(&self, name: &str) -> Command {
        let path = self.programs.join(name);
        let folder = self.folder.path();
        let mut command = if is_root(&PathBuf::from("/proc/self")).unwrap_or(false) {
            let mut command = Command::new("setpriv");
            command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups", "--"]).arg(path);
            command
        } else {
            Command::new(path)
        };
        // It refuses to work in a folder that its user may not enter.
        command.current_dir("/").env("PGDATA", folder);
        command
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        if let Err(error) = done(self.program("pg_ctl").args(["stop", "-m", "immediate", "-s"])) {
            eprintln!("bench: {error}");
        }
    }
}

/// Whether the owner of `path` is root; of `/proc/self`, that is who we are.
fn is_root(path: &Path) -> io::Result<bool> {
    Ok(fs::metadata(path)?.uid() == 0)
}

/// The folder of PostgreSQL's programs: Debian keeps them out of the path.
fn programs() -> io::Result<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let installed = versions.map(|version| version.path().join("bin"));
    let on_path = std::env::var_os("PATH").unwrap_or_default();
    installed
        .chain(std::env::split_paths(&on_path))
        .find(|folder| folder.join("initdb").is_file() && folder.join("createdb").is_file())
        .ok_or_else(|| io::Error::other("PostgreSQL's programs (initdb, pg_ctl, createdb) are not installed"))
}

fn done(command: &mut Command) -> io::Result<()> {
    let program = command.get_program().to_owned();
    let log = tempfile::NamedTempFile::new()?;
    // A file, not a pipe: the server inherits it from pg_ctl and would hold the pipe open.
    let status = command.stdout(log.reopen()?).stderr(log.reopen()?).status()?;
    if status.success() {
        return Ok(());
    }
    let said = fs::read_to_string(log.path()).unwrap_or_default();
    Err(io::Error::other(format!("{}: {status}: {}", program.display(), said.trim())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cluster_starts_takes_a_database_and_leaves_nothing() {
        let postgres = Postgres::start().unwrap();
        let url = postgres.create_database("shop").unwrap();
        assert!(url.ends_with("/shop"), "{url}");
        assert!(postgres.create_database("shop").unwrap_err().to_string().contains("already exists"));
        assert!(postgres.cpu() > Duration::ZERO);
        let folder = postgres.folder.path().to_owned();
        drop(postgres);
        assert!(!folder.exists());
    }
}
