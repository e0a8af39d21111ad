use std::net::{IpAddr, SocketAddr};

use ipnet::IpNet;

/// The address of the client: the peer of the connection or, when that is a trusted proxy, the
/// right-most address of `X-Forwarded-For` that is none.
///
/// Whatever stands further left was written by that client, so it proves nothing. What
/// is no address ends the walk at the last hop that is known: a request always has an
/// address to be counted by.
pub(crate) fn client_address<'a>(
    peer: IpAddr,
    forwarded: impl DoubleEndedIterator<Item = &'a [u8]>,
    trusted: &[IpNet],
) -> IpAddr {
    let is_trusted = |address: IpAddr| trusted.iter().any(|network| network.contains(&address));
    let mut known = peer.to_canonical();
    let hops = forwarded.rev().flat_map(|line| line.rsplit(|byte| *byte == b','));
    for hop in hops.map(read) {
        match hop {
            Some(hop) if is_trusted(known) => known = hop,
            _ => break,
        }
    }
    known
}

/// An address, with or without a port.
fn read(hop: &[u8]) -> Option<IpAddr> {
    let text = str::from_utf8(hop).ok()?.trim();
    let with_port = || text.parse().map(|socket: SocketAddr| socket.ip());
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    bare.parse().or_else(|_| with_port()).ok().map(|address: IpAddr| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROXY: &str = "10.0.0.1";

    fn from(peer: &str, lines: &[&str]) -> String {
        let trusted = ["10.0.0.0/8".parse().unwrap(), "fd00::/8".parse().unwrap()];
        let lines = lines.iter().map(|line| line.as_bytes());
        client_address(peer.parse().unwrap(), lines, &trusted).to_string()
    }

    #[test]
    fn r2_a_stranger_cannot_name_its_own_address() {
        assert_eq!(from("203.0.113.9", &["198.51.100.1"]), "203.0.113.9");
        assert_eq!(from("203.0.113.9", &["10.0.0.1, 10.0.0.2"]), "203.0.113.9");
    }

    // Seen to fail with a walk that trusts every hop once the peer is trusted.
    #[test]
    fn r2_behind_a_trusted_proxy_the_right_most_stranger_counts() {
        assert_eq!(from(PROXY, &["198.51.100.1"]), "198.51.100.1");
        assert_eq!(from(PROXY, &["1.1.1.1, 198.51.100.1"]), "198.51.100.1");
        assert_eq!(from(PROXY, &["1.1.1.1,198.51.100.1 , 10.2.3.4"]), "198.51.100.1");
        assert_eq!(from(PROXY, &["1.1.1.1", "198.51.100.1", "10.2.3.4"]), "198.51.100.1");
        assert_eq!(from("fd00::1", &["2001:db8::7"]), "2001:db8::7");
    }

    #[test]
    fn r2_garbage_ends_the_walk_at_the_last_known_hop() {
        for garbage in ["", "unknown", "_hidden", "1.1.1.1.1", "1.1.1.1;", "\u{0}", "a,,b", "[::1"]
        {
            assert_eq!(from(PROXY, &[garbage]), PROXY, "{garbage:?}");
            assert_eq!(from(PROXY, &["1.1.1.1", garbage, "10.9.9.9"]), "10.9.9.9", "{garbage:?}");
            assert_eq!(from(PROXY, &[garbage, "8.8.8.8"]), "8.8.8.8", "{garbage:?}");
        }
        assert_eq!(from(PROXY, &["10.0.0.3, 10.0.0.2"]), "10.0.0.3");
        assert_eq!(from(PROXY, &[]), PROXY);
    }

    #[test]
    fn an_address_has_one_form_however_it_is_written() {
        for hop in ["8.8.8.8", " 8.8.8.8:443 ", "::ffff:8.8.8.8", "[::ffff:8.8.8.8]:1"] {
            assert_eq!(from(PROXY, &[hop]), "8.8.8.8", "{hop}");
        }
        for hop in ["2001:DB8:0::7", "[2001:db8::7]", "[2001:db8::7]:8080"] {
            assert_eq!(from(PROXY, &[hop]), "2001:db8::7", "{hop}");
        }
        assert_eq!(from("::ffff:10.0.0.1", &["8.8.8.8"]), "8.8.8.8");
    }
}
