//! Packs events into messages, and messages into requests.
//!
//! A message is a packet of events in the encoding of [`message::wire`]. It goes to one service, so a packet holds
//! events of any names, in the order in which they were published.
//!
//! In a FIFO queue each message belongs to a group; SQS delivers no message of a group while an earlier one is being
//! handled. The groups are [`LANES`] lanes. An aggregate's id determines its lane, so its events stay in order, and
//! still many events share a message.

use std::fmt::Write as _;

use message::{Envelope, Fault, wire};
use sha2::{Digest as _, Sha256};

use crate::Settings;

/// As many as messages in a request, so that one request can fetch a message of every lane.
const LANES: u128 = 10;

/// The largest number of messages in one call.
pub(crate) const ENTRIES: usize = 10;

/// In bytes: more than an event takes besides its body (ids, name, headers, aggregate).
const HEAD: usize = 512;

/// A message to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Packet {
    /// The group of a FIFO queue, which keeps its order. `None` for standard queues.
    pub(crate) lane: Option<u128>,
    pub(crate) body: String,
    pub(crate) events: usize,
}

impl Packet {
    fn new(lane: Option<u128>, events: &[Envelope]) -> Result<Self, Fault> {
        let body = String::from_utf8(wire::encode(events)?.into()).map_err(Fault::internal)?;
        Ok(Self { lane, body: sendable(body), events: events.len() })
    }

    /// Equal for equal content, and only then: SQS drops a digest that it has seen in the last five minutes.
    pub(crate) fn digest(&self) -> String {
        Sha256::digest(&self.body).iter().fold(String::with_capacity(64), |mut hex, byte| {
            // Writing to memory cannot fail.
            let _ = write!(hex, "{byte:02x}");
            hex
        })
    }
}

/// SQS accepts every character of JSON except these two, which occur only inside strings.
fn sendable(json: String) -> String {
    if json.contains(['\u{fffe}', '\u{ffff}']) {
        return json.replace('\u{fffe}', "\\ufffe").replace('\u{ffff}', "\\uffff");
    }
    json
}

/// Packs events, and keeps the order of each aggregate.
pub(crate) fn packets(events: Vec<Envelope>, settings: &Settings) -> Result<Vec<Packet>, Fault> {
    let mut lanes: Vec<(Option<u128>, Vec<Envelope>)> = Vec::new();
    for event in events {
        let lane = settings.fifo.then(|| event.aggregate.map_or(0, |thing| thing.id.as_u128() % LANES));
        match lanes.iter_mut().find(|(known, _)| *known == lane) {
            Some((_, events)) => events.push(event),
            None => lanes.push((lane, vec![event])),
        }
    }
    let mut packets = Vec::new();
    for (lane, events) in lanes {
        for packet in split(&events, settings) {
            packets.push(Packet::new(lane, packet)?);
        }
    }
    Ok(packets)
}

/// Splits where a message is full by events or by bytes.
fn split<'a>(mut events: &'a [Envelope], settings: &Settings) -> Vec<&'a [Envelope]> {
    let mut packets = Vec::new();
    while !events.is_empty() {
        let mut bytes = 0;
        let fits = events.iter().take(settings.message_events.get()).take_while(|event| {
            bytes += event.body.len() + HEAD;
            bytes <= settings.send_bytes()
        });
        let (packet, rest) = events.split_at(fits.count().max(1));
        packets.push(packet);
        events = rest;
    }
    packets
}

/// Groups packets into requests with at most one packet of each lane: a packet that SQS rejects must not be overtaken
/// by one that it accepts.
pub(crate) fn requests(mut packets: Vec<Packet>, bytes: usize) -> Vec<Vec<Packet>> {
    let mut requests = Vec::new();
    while !packets.is_empty() {
        let (mut request, mut passed, mut size) = (Vec::<Packet>::new(), Vec::<Packet>::new(), 0);
        for packet in packets {
            let same = |other: &Packet| packet.lane.is_some() && other.lane == packet.lane;
            let full = request.len() == ENTRIES || (size + packet.body.len() > bytes && !request.is_empty());
            // Packets without a lane keep their order too, as far as the queue does.
            let overtakes = passed.iter().any(|earlier| packet.lane.is_none() || same(earlier));
            if full || overtakes || request.iter().any(same) {
                passed.push(packet);
            } else {
                size += packet.body.len();
                request.push(packet);
            }
        }
        requests.push(request);
        packets = passed;
    }
    requests
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroUsize;

    use message::{Aggregate, Clock, Headers, IdSource};
    use uuid::Uuid;

    use super::*;

    fn event(ids: &IdSource, thing: u128, version: i64, bytes: usize) -> Envelope {
        Envelope {
            id: ids.id(),
            name: "boat.launched".into(),
            aggregate: Some(Aggregate { id: Uuid::from_u128(thing), version }),
            headers: Headers::new(ids.id()),
            body: message::to_json(&"x".repeat(bytes)).unwrap(),
        }
    }

    fn settings(fifo: bool) -> Settings {
        Settings { fifo, message_events: NonZeroUsize::new(3).unwrap(), send_kib: 4, ..Settings::default() }
    }

    fn contents(packet: &Packet) -> Vec<(u128, i64)> {
        let events = wire::decode(&packet.body.clone().into()).unwrap();
        events.iter().filter_map(|event| event.aggregate).map(|of| (of.id.as_u128(), of.version)).collect()
    }

    #[test]
    fn a_message_is_full_by_events_or_by_bytes() {
        let ids = IdSource::seeded(Clock::system(), 1);
        let sizes = |sizes: &[usize]| {
            let events = sizes.iter().map(|bytes| event(&ids, 1, 1, *bytes)).collect();
            packets(events, &settings(false)).unwrap().iter().map(|packet| packet.events).collect::<Vec<_>>()
        };
        assert_eq!(sizes(&[1, 1, 1, 1]), [3, 1]);
        assert_eq!(sizes(&[2000, 2000, 2000]), [1, 1, 1]);
        assert_eq!(sizes(&[1400, 1400, 1]), [2, 1]);
        assert_eq!(sizes(&[1, 9000, 1]), [1, 1, 1]);
    }

    #[test]
    fn each_thing_has_its_lane_and_keeps_its_order() {
        let ids = IdSource::seeded(Clock::system(), 1);
        let sent = [(1, 1), (2, 1), (11, 1), (1, 2), (2, 2), (1, 3), (1, 4)];
        let events = sent.map(|(thing, version)| event(&ids, thing, version, 1)).to_vec();
        let packets = packets(events, &settings(true)).unwrap();
        let lanes: Vec<_> = packets.iter().map(|packet| (packet.lane, contents(packet))).collect();
        assert_eq!(
            lanes,
            [
                (Some(1), vec![(1, 1), (11, 1), (1, 2)]),
                (Some(1), vec![(1, 3), (1, 4)]),
                (Some(2), vec![(2, 1), (2, 2)]),
            ]
        );
    }

    fn lanes(packets: &[(Option<u128>, usize)], bytes: usize) -> Vec<Vec<Option<u128>>> {
        let packet = |(lane, bytes): &(Option<u128>, usize)| Packet {
            lane: *lane,
            body: "x".repeat(*bytes),
            events: 1,
        };
        let requests = requests(packets.iter().map(packet).collect(), bytes);
        requests.iter().map(|request| request.iter().map(|packet| packet.lane).collect()).collect()
    }

    #[test]
    fn no_request_has_two_packets_of_a_lane() {
        let (one, two) = (Some(1), Some(2));
        assert_eq!(lanes(&[(one, 1), (one, 1), (two, 1)], 10), [vec![one, two], vec![one]]);
        // The second packet of lane two would fit, but the first was left for later.
        assert_eq!(lanes(&[(one, 8), (two, 5), (two, 1)], 10), [vec![one], vec![two], vec![two]]);
        assert_eq!(lanes(&[(one, 50), (two, 1)], 10), [vec![one], vec![two]]);
    }

    #[test]
    fn a_request_is_full_by_messages_or_by_bytes() {
        let sizes =
            |packets: &[(Option<u128>, usize)]| lanes(packets, 10).iter().map(Vec::len).collect::<Vec<_>>();
        assert_eq!(sizes(&[(None, 1); 12]), [10, 2]);
        assert_eq!(sizes(&[(None, 6), (None, 6), (None, 1)]), [1, 2]);
        assert!(sizes(&[]).is_empty());
    }

    #[test]
    fn only_the_same_content_has_the_same_digest() {
        let packet = |body: &str| Packet { lane: None, body: body.to_owned(), events: 1 };
        assert_eq!(packet("a").digest(), packet("a").digest());
        assert_ne!(packet("a").digest(), packet("b").digest());
        assert_eq!(packet("a").digest().len(), 64);
    }

    #[test]
    fn what_sqs_would_refuse_is_escaped_and_read_as_it_was() {
        let ids = IdSource::seeded(Clock::system(), 1);
        let text = "a\u{ffff}b\u{fffe}c\u{1}";
        let event = Envelope { body: message::to_json(&text).unwrap(), ..event(&ids, 1, 1, 1) };
        let packet = Packet::new(None, &[event]).unwrap();
        assert!(!packet.body.contains(['\u{ffff}', '\u{fffe}', '\u{1}']));
        let read = wire::decode(&packet.body.into()).unwrap();
        assert_eq!(message::from_json::<String>(&read[0].body).unwrap(), text);
    }
}
