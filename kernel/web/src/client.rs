//! Who asks: the client's address, when proxies stand between.

use std::{
    net::{IpAddr, Ipv6Addr, SocketAddr},
    str::FromStr,
};

use axum::extract::ConnectInfo;
use http::{HeaderMap, HeaderName, Request};
use serde::Deserialize;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The proxies whose `X-Forwarded-For` is believed: addresses (`10.0.0.7`) and networks (`10.0.0.0/8`).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Vec<String>")]
pub struct TrustedProxies(Vec<Network>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Network {
    address: IpAddr,
    /// How many leading bits are compared.
    bits: u32,
}

impl TrustedProxies {
    /// Only those on the same machine.
    pub fn loopback() -> Self {
        Self(["127.0.0.0/8", "::1"].iter().filter_map(|network| network.parse().ok()).collect())
    }

    /// Where `request` comes from: whoever the last proxy that is believed says it had it from.
    ///
    /// Each proxy adds the address that it was asked from at the end, so the list is read from there, and only as far as
    /// those who wrote it are believed: what a client writes into it itself stands further to the front. `None` if
    /// the server did not say who is connected.
    pub fn client<B>(&self, request: &Request<B>) -> Option<IpAddr> {
        let ConnectInfo(peer) = request.extensions().get::<ConnectInfo<SocketAddr>>()?;
        Some(self.behind(peer.ip().to_canonical(), request.headers()))
    }

    fn behind(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut client = peer;
        let lists = headers.get_all(X_FORWARDED_FOR);
        let lists: Vec<&str> = lists.iter().map(|list| list.to_str().unwrap_or_default()).collect();
        for hop in lists.iter().rev().flat_map(|list| list.rsplit(',')) {
            if !self.trusts(client) {
                break;
            }
            let Some(address) = address(hop.trim()) else { break };
            client = address;
        }
        client
    }

    fn trusts(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(address))
    }
}

impl Network {
    fn contains(self, address: IpAddr) -> bool {
        match (self.address, address) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                (own.to_bits() ^ other.to_bits()).leading_zeros() >= self.bits
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => {
                (own.to_bits() ^ other.to_bits()).leading_zeros() >= self.bits
            }
            _ => false,
        }
    }
}

impl FromStr for Network {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (address, bits) =
            text.split_once('/').map_or((text, None), |(address, bits)| (address, Some(bits)));
        let address: IpAddr = address.parse().map_err(|_| ())?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.map_or(Ok(most), |bits| bits.parse().map_err(|_| ()))?;
        if bits > most { Err(()) } else { Ok(Self { address, bits }) }
    }
}

impl TryFrom<Vec<String>> for TrustedProxies {
    type Error = String;

    fn try_from(networks: Vec<String>) -> Result<Self, String> {
        let network = |text: &String| {
            text.parse().map_err(|()| format!("expected addresses or networks like 10.0.0.0/8, not {text:?}"))
        };
        networks.iter().map(network).collect::<Result<_, _>>().map(Self)
    }
}

/// An address as proxies write it, some of them with a port.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let with_port = || text.parse::<SocketAddr>().ok().map(|address| address.ip());
    bare.parse().ok().or_else(with_port).map(|address: IpAddr| address.to_canonical())
}

/// Whom a limit counts as one: an address, of version 6 the network that one customer is usually given.
pub(crate) fn counted(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(proxies: &[&str], peer: &str, forwarded: &[&str]) -> String {
        let proxies = proxies.iter().map(|&text| text.to_owned()).collect::<Vec<_>>();
        let mut request = Request::builder();
        for list in forwarded {
            request = request.header(X_FORWARDED_FOR, *list);
        }
        let mut request = request.body(()).unwrap();
        request.extensions_mut().insert(ConnectInfo(SocketAddr::new(peer.parse().unwrap(), 4711)));
        TrustedProxies::try_from(proxies).unwrap().client(&request).unwrap().to_string()
    }

    #[test]
    fn only_the_word_of_trusted_proxies_is_taken() {
        let loopback = ["127.0.0.0/8", "::1"];
        for (proxies, peer, forwarded, expected) in [
            (&loopback[..], "203.0.113.9", &["198.51.100.1"][..], "203.0.113.9"),
            (&loopback, "127.0.0.1", &["198.51.100.1"], "198.51.100.1"),
            (&loopback, "127.8.8.8", &["198.51.100.1:5000"], "198.51.100.1"),
            (&loopback, "::ffff:127.0.0.1", &["::ffff:198.51.100.1"], "198.51.100.1"),
            (&loopback, "::1", &["[2001:db8::1]:443"], "2001:db8::1"),
            (&loopback, "127.0.0.1", &["6.6.6.6, 198.51.100.1"], "198.51.100.1"),
            (&loopback, "127.0.0.1", &["6.6.6.6", "198.51.100.1"], "198.51.100.1"),
            (&loopback, "127.0.0.1", &["6.6.6.6, 198.51.100.1, 127.0.0.1"], "198.51.100.1"),
            (&loopback, "127.0.0.1", &["198.51.100.1, unknown"], "127.0.0.1"),
            (&loopback, "127.0.0.1", &[""], "127.0.0.1"),
            (&loopback, "127.0.0.1", &[], "127.0.0.1"),
            (&["10.0.0.0/8"], "10.9.0.1", &["6.6.6.6, 198.51.100.1, 10.0.0.2"], "198.51.100.1"),
            (&[], "127.0.0.1", &["198.51.100.1"], "127.0.0.1"),
            (&["0.0.0.0/0"], "10.9.0.1", &["1.1.1.1, 2.2.2.2"], "1.1.1.1"),
        ] {
            assert_eq!(client(proxies, peer, forwarded), expected, "{peer} {forwarded:?}");
        }
    }

    #[test]
    fn wrong_networks_are_refused() {
        for wrong in ["", "10.0.0.0/33", "::/129", "example.org", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/8/8"]
        {
            let told = TrustedProxies::try_from(vec![wrong.to_owned()]).unwrap_err();
            assert!(told.contains("10.0.0.0/8"), "{told}");
        }
    }

    #[test]
    fn a_customer_is_an_address_or_a_network() {
        assert_eq!(counted("198.51.100.1".parse().unwrap()).to_string(), "198.51.100.1");
        assert_eq!(counted("2001:db8:1:2:3:4:5:6".parse().unwrap()).to_string(), "2001:db8:1:2::");
    }
}
