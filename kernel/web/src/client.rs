//! The client's IP address, behind proxies.

use std::{
    net::{IpAddr, Ipv6Addr, SocketAddr},
    str::FromStr,
};

use axum::extract::ConnectInfo;
use http::{HeaderMap, HeaderName, Request};
use serde::Deserialize;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The proxies whose `X-Forwarded-For` is trusted: IP addresses (`10.0.0.7`) and networks (`10.0.0.0/8`).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Vec<String>")]
pub struct TrustedProxies(Vec<Network>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Network {
    ip: IpAddr,
    /// The number of leading bits that are compared.
    bits: u32,
}

impl TrustedProxies {
    /// Trusts only proxies on the same machine.
    pub fn loopback() -> Self {
        Self(["127.0.0.0/8", "::1"].iter().filter_map(|network| network.parse().ok()).collect())
    }

    /// Returns the client of `request`: the last hop that no trusted proxy added.
    ///
    /// Each proxy appends the IP address of its own client, so the list is read from its end, and only as far as the
    /// proxies are trusted. An entry that a client wrote itself stands further to the front. `None` if the server did
    /// not record the peer.
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
            let Some(ip) = parse_hop(hop.trim()) else { break };
            client = ip;
        }
        client
    }

    fn trusts(&self, ip: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(ip))
    }
}

impl Network {
    fn contains(self, ip: IpAddr) -> bool {
        match (self.ip, ip) {
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
        let (ip, bits) = text.split_once('/').map_or((text, None), |(ip, bits)| (ip, Some(bits)));
        let ip: IpAddr = ip.parse().map_err(|_| ())?;
        let most = if ip.is_ipv4() { 32 } else { 128 };
        let bits = bits.map_or(Ok(most), |bits| bits.parse().map_err(|_| ()))?;
        if bits > most { Err(()) } else { Ok(Self { ip, bits }) }
    }
}

impl TryFrom<Vec<String>> for TrustedProxies {
    type Error = String;

    fn try_from(networks: Vec<String>) -> Result<Self, String> {
        let network = |text: &String| {
            text.parse()
                .map_err(|()| format!("expected IP addresses or networks like 10.0.0.0/8, not {text:?}"))
        };
        networks.iter().map(network).collect::<Result<_, _>>().map(Self)
    }
}

/// Parses an IP address as proxies write it, some of them with a port.
fn parse_hop(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let with_port = || text.parse::<SocketAddr>().ok().map(|ip| ip.ip());
    bare.parse().ok().or_else(with_port).map(|ip: IpAddr| ip.to_canonical())
}

/// What a rate limit counts as one client: an IPv4 address, or the IPv6 network that one customer usually gets.
pub(crate) fn counted(ip: IpAddr) -> IpAddr {
    match ip {
        IpAddr::V4(_) => ip,
        IpAddr::V6(ip) => Ipv6Addr::from_bits(ip.to_bits() >> 64 << 64).into(),
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
            let error = TrustedProxies::try_from(vec![wrong.to_owned()]).unwrap_err();
            assert!(error.contains("10.0.0.0/8"), "{error}");
        }
    }

    #[test]
    fn a_customer_is_an_ip_address_or_a_network() {
        assert_eq!(counted("198.51.100.1".parse().unwrap()).to_string(), "198.51.100.1");
        assert_eq!(counted("2001:db8:1:2:3:4:5:6".parse().unwrap()).to_string(), "2001:db8:1:2::");
    }
}
