//! The options of the command line that are settings, or lead to them.

use std::{ffi::OsString, net::SocketAddr, path::PathBuf};

use clap::Args;
use runtime::settings::Loader;

/// Variables of the tests, which run beside a shop's own.
const OF_TESTS: [&str; 5] = [
    "CARAVEL_TEST_POSTGRES_URL",
    "CARAVEL_TEST_RABBITMQ_URL",
    "CARAVEL_TEST_RABBITMQ_API",
    "CARAVEL_TEST_REDIS_URL",
    "CARAVEL_TEST_SQS_URL",
];

/// Where the shop's settings and data are.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct Options {
    /// Serve the shop on this IP address and port [default: 127.0.0.1:8080].
    #[arg(long, global = true, value_name = "IP:PORT", value_parser = super::listen_address)]
    pub(crate) listen: Option<SocketAddr>,

    /// Keep databases and keys in this folder [default: ./caravel-data].
    #[arg(long, global = true, value_name = "FOLDER")]
    pub(crate) data: Option<PathBuf>,

    /// Read this settings file [default: ./caravel.toml, if there is one].
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

impl Options {
    /// The layers of file and command line, on these defaults.
    pub(super) fn loader(&self, defaults: &'static str) -> Loader {
        let listen = self.listen.map(|listen| ("web.listen", listen.to_string(), "--listen"));
        let data = self.data.as_ref().map(|folder| ("data.folder", folder.display().to_string(), "--data"));
        let overrides = listen.into_iter().chain(data);
        let loader = Loader::new(defaults)
            .overrides(overrides.map(|(key, value, option)| (key.to_owned(), value, option.to_owned())));
        let loader = match &self.config {
            Some(file) => loader.file(file),
            None => loader.file_if_present("caravel.toml"),
        };
        OF_TESTS.into_iter().fold(loader, Loader::reserve)
    }

    /// The same options, for another process of this program.
    pub(crate) fn to_arguments(&self) -> Vec<OsString> {
        let listen = self.listen.map(|listen| listen.to_string().into());
        let data = self.data.as_ref().map(|folder| folder.clone().into_os_string());
        let config = self.config.as_ref().map(|file| file.clone().into_os_string());
        let options = [("--listen", listen), ("--data", data), ("--config", config)];
        options
            .into_iter()
            .filter_map(|(option, value): (&str, Option<OsString>)| Some([option.into(), value?]))
            .flatten()
            .collect()
    }
}
