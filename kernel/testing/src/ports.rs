//! Ports for the servers that a test starts.

use std::{
    io,
    net::{Ipv4Addr, TcpListener},
};

/// A free port of the loopback interface, below the range of outgoing connections: it stays free while its server is
/// down.
///
/// # Panics
///
/// If no port can be listened on.
pub fn free_port() -> u16 {
    let [port] = free_ports();
    port
}

/// Several different ones.
pub(crate) fn free_ports<const N: usize>() -> [u16; N] {
    // All are held until all are known, so that they differ.
    let held = [(); N].map(|()| listen());
    held.map(|listener| listener.local_addr().expect("a listener has a port").port())
}

fn listen() -> TcpListener {
    loop {
        match TcpListener::bind((Ipv4Addr::LOCALHOST, rand::random_range(10_000..30_000))) {
            Ok(listener) => return listener,
            Err(error) => assert_eq!(error.kind(), io::ErrorKind::AddrInUse, "{error}"),
        }
    }
}
