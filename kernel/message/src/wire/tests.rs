use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::{Entity, Id, Timestamp};

fn id<E: Entity>() -> impl Strategy<Value = Id<E>> {
    any::<u128>().prop_map(|bits| Id::from_uuid(Uuid::from_u128(bits)))
}

/// Any JSON, also with blanks inside, as others may write it.
fn json() -> impl Strategy<Value = Bytes> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        any::<i64>().prop_map(|number| number.to_string()),
        any::<String>().prop_map(|text| serde_json::to_string(&text).unwrap()),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        let field = ("[a-z]{1,6}", inner.clone()).prop_map(|(name, value)| format!("\"{name}\" : {value}"));
        prop_oneof![
            prop::collection::vec(inner, 0..4).prop_map(|items| format!("[{}]", items.join(", "))),
            prop::collection::vec(field, 0..4).prop_map(|fields| format!("{{{}}}", fields.join(",\n"))),
        ]
    })
    .prop_map(Bytes::from)
}

prop_compose! {
    fn headers()(
        correlation in id(),
        causation in prop::option::of(id()),
        trace in prop::option::of(any::<String>()),
        deadline in prop::option::of(0_i64..253_402_300_799_000_000),
    ) -> Headers {
        Headers { correlation, causation, trace, deadline: deadline.map(Timestamp::from_micros) }
    }
}

prop_compose! {
    fn envelope()(
        id in id(),
        name in any::<String>(),
        headers in headers(),
        aggregate in prop::option::of((any::<u128>(), any::<i64>())),
        body in json(),
    ) -> Envelope {
        let aggregate = aggregate.map(|(bits, version)| Aggregate { id: Uuid::from_u128(bits), version });
        Envelope { id, name: Cow::Owned(name), headers, aggregate, body }
    }
}

fn outcome() -> impl Strategy<Value = Result<Bytes, Fault>> {
    let answer = json().prop_filter("no answer is null", |json| json.as_ref() != b"null");
    let fault = prop_oneof![
        any::<String>().prop_map(|detail| Fault::new(Kind::NoRoute, detail)),
        any::<(String, String)>().prop_map(|(name, detail)| Fault::violated(name, detail)),
    ];
    prop_oneof![answer.prop_map(Ok), fault.prop_map(Err)]
}

prop_compose! {
    fn reply()(to in id(), outcome in outcome()) -> Reply {
        Reply { to, outcome }
    }
}

proptest! {
    #[test]
    fn messages_survive_the_wire(messages in prop::collection::vec(envelope(), 0..5)) {
        prop_assert_eq!(decode(&encode(&messages).unwrap()).unwrap(), messages);
    }

    #[test]
    fn answers_survive_the_wire(replies in prop::collection::vec(reply(), 0..5)) {
        prop_assert_eq!(decode_replies(&encode_replies(&replies).unwrap()).unwrap(), replies);
    }

    #[test]
    fn a_packet_is_what_any_other_reader_takes_for_json(messages in prop::collection::vec(envelope(), 0..5)) {
        let packet: Vec<serde_json::Value> = serde_json::from_slice(&encode(&messages).unwrap()).unwrap();
        prop_assert_eq!(packet.len(), messages.len());
        for (written, message) in packet.iter().zip(&messages) {
            prop_assert_eq!(&written["name"], message.name.as_ref());
            prop_assert_eq!(&written["body"], &serde_json::from_slice::<serde_json::Value>(&message.body).unwrap());
        }
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        refused_or_read(&Bytes::from(bytes));
    }

    /// Damage finds more corners than noise: most of the packet is right.
    #[test]
    fn no_damage_makes_it_panic(
        messages in prop::collection::vec(envelope(), 1..3),
        place: prop::sample::Index,
        byte: u8,
        cut: bool,
    ) {
        let mut packet = encode(&messages).unwrap().to_vec();
        let place = place.index(packet.len());
        if cut { packet.truncate(place) } else { packet[place] = byte }
        refused_or_read(&Bytes::from(packet));
    }
}

fn refused_or_read(packet: &Bytes) {
    for fault in [decode(packet).err(), decode_replies(packet).err()].into_iter().flatten() {
        assert_eq!(fault.kind(), Kind::Malformed);
    }
}

const MESSAGE: &str = r#"{"id":"msg_01h455vb4pex5vsknk084sn02q","name":"order.placed",
    "headers":{"correlation":"req_01h455vb4pex5vsknk084sn02q"},"body":{"a": 1},"colour":"sand"}"#;

fn packet(text: &str) -> Bytes {
    Bytes::copy_from_slice(text.as_bytes())
}

#[test]
fn one_alone_is_a_packet_and_unknown_fields_are_ignored() {
    let alone = decode(&packet(&format!(" {MESSAGE} "))).unwrap();
    assert_eq!(alone, decode(&packet(&format!("[{MESSAGE}]"))).unwrap());
    assert_eq!(alone[0].body, "{\"a\": 1}");
    assert_eq!(alone[0].name, "order.placed");
}

#[test]
fn a_body_is_not_copied() {
    let packet = packet(&format!("[{MESSAGE}]"));
    let body = decode(&packet).unwrap().remove(0).body;
    assert!(packet.as_ptr_range().contains(&body.as_ptr()));
}

#[test]
fn says_what_is_wrong_and_where() {
    let nameless = MESSAGE.replace("\"name\"", "\"title\"");
    let stranger = MESSAGE.replacen("msg_", "order_", 1);
    for (text, wanted) in [
        (format!("[{MESSAGE},{nameless}]"), "item 1: missing field `name`"),
        (format!("[{stranger}]"), "item 0: expected an id such as msg_"),
        (format!("[{MESSAGE}"), "EOF while parsing a list"),
        (format!("{MESSAGE}{MESSAGE}"), "trailing characters"),
        (String::new(), "EOF while parsing a value"),
    ] {
        let fault = decode(&packet(&text)).unwrap_err();
        assert!(fault.kind() == Kind::Malformed && fault.to_string().contains(wanted), "{fault}");
    }
    for answer in ["", r#","answer":{"Ok":1},"fault":{"kind":"busy","detail":""}"#] {
        let fault = decode_replies(&packet(&format!(r#"{{"to":"msg_01h455vb4pex5vsknk084sn02q"{answer}}}"#)))
            .unwrap_err();
        assert!(fault.to_string().contains("either `answer` or `fault`"), "{fault}");
    }
}

/// The very bytes: services in other languages hold us to them.
#[test]
fn is_written_like_this() {
    let messages = decode(&packet(MESSAGE)).unwrap();
    let written = concat!(
        r#"[{"id":"msg_01h455vb4pex5vsknk084sn02q","name":"order.placed","#,
        r#""headers":{"correlation":"req_01h455vb4pex5vsknk084sn02q"},"body":{"a": 1}}]"#
    );
    assert_eq!(encode(&messages).unwrap(), written);
    let reply = |outcome| Reply { to: messages[0].id, outcome };
    let replies = [reply(Ok(Bytes::from(r#"{"Ok":null}"#))), reply(Err(Fault::new(Kind::NoRoute, "nobody")))];
    let written = concat!(
        r#"[{"to":"msg_01h455vb4pex5vsknk084sn02q","answer":{"Ok":null}},"#,
        r#"{"to":"msg_01h455vb4pex5vsknk084sn02q","fault":{"kind":"no_route","detail":"nobody"}}]"#
    );
    assert_eq!(encode_replies(&replies).unwrap(), written);
}

#[test]
fn nothing_is_not_a_body() {
    let mut messages = decode(&packet(MESSAGE)).unwrap();
    messages[0].body = Bytes::new();
    assert_eq!(encode(&messages).unwrap_err().kind(), Kind::Internal);
}

#[test]
fn what_cannot_be_read_is_kept_as_text_under_one_id() {
    let kept = unreadable(b"{half\xff");
    assert_eq!(kept.body, "\"{half\u{fffd}\"");
    assert_eq!(kept, unreadable(b"{half\xff"));
    assert_ne!(kept.id, unreadable(b"{half").id);
    let packet = encode(std::slice::from_ref(&kept)).unwrap();
    assert_eq!(decode(&packet).unwrap(), [kept]);
    // As the authors of FNV-1a tell it for these six letters.
    assert_eq!(fingerprint(b"foobar"), 0x343e_1662_793c_64bf_6f0d_3597_ba44_6f18);
}
