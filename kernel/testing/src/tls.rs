//! A certificate authority for one test, for servers with encrypted connections.
//!
//! Needs `openssl`.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use tempfile::TempDir;

/// The settings of both certificates, independent of the machine's `openssl.cnf`.
const CONFIGURATION: &str = "
[req]
distinguished_name = name
[name]
[authority]
basicConstraints = critical, CA:true
keyUsage = critical, keyCertSign
subjectKeyIdentifier = hash
[server]
basicConstraints = critical, CA:false
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
";

/// An authority that only this test knows, and one server certificate signed by it. Both are deleted when this is
/// dropped.
#[derive(Debug)]
pub struct Authority {
    folder: TempDir,
}

impl Authority {
    /// An authority whose certificate is for the servers of this machine: `localhost` and its IP addresses.
    ///
    /// # Panics
    ///
    /// If `openssl` is not installed or refuses.
    pub fn new() -> Self {
        Self::vouching_for("IP:127.0.0.1,IP:::1,DNS:localhost")
    }

    /// An authority whose certificate is for these servers, in the syntax of the extension `subjectAltName`:
    /// `DNS:db.example.org`.
    ///
    /// # Panics
    ///
    /// If `openssl` is not installed or refuses.
    pub fn vouching_for(servers: &str) -> Self {
        let folder = TempDir::new().expect("a temporary folder can be made");
        let configuration = format!("{CONFIGURATION}subjectAltName = {servers}\n");
        fs::write(folder.path().join("openssl.cnf"), configuration).expect("the folder can be written to");
        let authority = Self { folder };
        authority.sign("authority", &[]);
        authority.sign("server", &["-CA", "authority.pem", "-CAkey", "authority.key"]);
        authority
    }

    /// The authority's own certificate: a client that trusts it trusts the server.
    pub fn certificate(&self) -> PathBuf {
        self.folder.path().join("authority.pem")
    }

    /// The server's certificate.
    pub fn server_certificate(&self) -> PathBuf {
        self.folder.path().join("server.pem")
    }

    /// The server's key. Only its owner may read it.
    pub fn server_key(&self) -> PathBuf {
        self.folder.path().join("server.key")
    }

    /// Makes a key and its certificate, with the extensions of the section `name`; self-signed unless `options` say
    /// otherwise.
    fn sign(&self, name: &str, options: &[&str]) {
        let output = Command::new("openssl")
            .args(["req", "-x509", "-config", "openssl.cnf", "-extensions", name, "-days", "2", "-noenc"])
            .args(["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"])
            .args(["-subj", &format!("/CN=Caravel's tests: {name}")])
            .args(["-keyout", &format!("{name}.key"), "-out", &format!("{name}.pem")])
            .args(options)
            .current_dir::<&Path>(self.folder.path())
            .output()
            .expect("openssl is installed");
        assert!(output.status.success(), "openssl: {}", String::from_utf8_lossy(&output.stderr));
    }
}

impl Default for Authority {
    fn default() -> Self {
        Self::new()
    }
}
