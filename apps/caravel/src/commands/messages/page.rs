//! The documentation of all messages as one Markdown page.

use std::{borrow::Cow, collections::BTreeSet, fmt::Write as _};

use bytes::Bytes;
use message::{
    Contract, Envelope, Fault, Headers, Kind, MessageId, Timestamp,
    contract::{EventEntry, Part, RequestEntry, valid},
    wire::{self, Reply},
};
use runtime::BoxError;
use serde::Serialize;

use super::json::Json;

const PAGE: &str = include_str!("page.md");
/// The event that the page explains packets with.
const SAMPLE: &str = "order.cancelled";
const REQUESTER: &str = include_str!("../../../../../docs/examples/messages/requester.py");
const CONSUMER: &str = include_str!("../../../../../docs/examples/messages/consumer.py");

/// The page for these contracts.
pub(super) fn render(contracts: &[Contract]) -> Result<String, BoxError> {
    let mut services = String::new();
    for contract in contracts {
        service(&mut services, contract, contracts)?;
    }
    let cancelled = contracts.iter().flat_map(|contract| &contract.events).find(|entry| entry.name == SAMPLE);
    let cancelled =
        cancelled.ok_or_else(|| format!("the page shows {SAMPLE}, which no service publishes"))?;
    let granted = Ok(Bytes::from_static(br#"{"Ok":{"available":38}}"#));
    let refused = Ok(Bytes::from_static(br#"{"Err":"not_found"}"#));
    let failed = Err(Fault::new(Kind::Busy, "the queue is full"));
    Ok(PAGE
        .replace("{{contents}}", &contents(contracts))
        .replace("{{packet}}", &event_packet(cancelled)?)
        .replace("{{replies}}", &reply_packet(vec![granted, refused, failed])?)
        .replace("{{requester.py}}", REQUESTER.trim_end())
        .replace("{{consumer.py}}", CONSUMER.trim_end())
        .replace("{{services}}", services.trim_end()))
}

fn contents(contracts: &[Contract]) -> String {
    let mut text = "- [Join in another language](#join-in-another-language): ".to_owned();
    text.push_str(
        "[packets](#packets), [react to events](#react-to-events), [ask](#ask), [answer](#answer), [faults](#faults), \
         [what may change](#what-may-change), [a requester](#a-requester-in-python) and \
         [a consumer](#a-consumer-in-python) in Python\n",
    );
    for contract in contracts {
        let requests = contract.requests.iter().map(|entry| entry.name);
        let names: Vec<String> =
            requests.chain(contract.events.iter().map(|entry| entry.name)).map(link).collect();
        let name = contract.service;
        // Writing to a string cannot fail.
        let _ = writeln!(text, "- [{name}](#{name}): {}", names.join(", "));
    }
    text.trim_end().to_owned()
}

/// A link to a message's heading; GitHub leaves dots and code marks out of anchors.
fn link(name: &str) -> String {
    format!("[`{name}`](#{})", name.replace('.', ""))
}

fn links(names: impl Iterator<Item = &'static str>) -> String {
    let links: Vec<String> = names.map(link).collect();
    if links.is_empty() { "nothing".to_owned() } else { links.join(", ") }
}

fn service(text: &mut String, contract: &Contract, all: &[Contract]) -> Result<(), BoxError> {
    let Contract { service, doc, requests, events, reactions, never_paused, .. } = contract;
    writeln!(text, "## {service}\n\n{doc}\n\n| | |\n|---|---|")?;
    writeln!(text, "| answers | {} |", links(requests.iter().map(|entry| entry.name)))?;
    writeln!(text, "| events | {} |", links(events.iter().map(|entry| entry.name)))?;
    writeln!(text, "| reacts to | {} |", links(reactions.iter().copied()))?;
    if !never_paused.is_empty() {
        writeln!(
            text,
            "| of these, also while reactions are paused | {} |",
            links(never_paused.iter().copied())
        )?;
    }
    text.push('\n');
    for entry in requests {
        request(text, contract, entry)?;
    }
    for entry in events {
        event(text, contract, entry, all)?;
    }
    shared(text, contract)
}

fn request(text: &mut String, contract: &Contract, entry: &RequestEntry) -> Result<(), BoxError> {
    let RequestEntry { name, request, reply, error } = entry;
    heading(text, contract, name, request)?;
    let (asked, refused) = (&request.type_name, &error.type_name);
    writeln!(text, "Request `{asked}`, answered with {}, refused with `{refused}`.\n", in_words(reply))?;
    open(text, "Example");
    let deadline = Some(valid("2026-11-20T23:08:10Z".parse()));
    block(text, &pretty(&wire::encode(&[envelope(name, request, deadline)])?)?);
    text.push_str("Granted:\n\n");
    let answer = |part: &Part, side| Ok(Bytes::from(format!("{{\"{side}\":{}}}", part.example.get())));
    block(text, &reply_packet(vec![answer(reply, "Ok")])?);
    text.push_str("Refused:\n\n");
    block(text, &reply_packet(vec![answer(error, "Err")])?);
    close(text);
    schema(text, contract, request)
}

fn event(
    text: &mut String,
    contract: &Contract,
    entry: &EventEntry,
    all: &[Contract],
) -> Result<(), BoxError> {
    let EventEntry { name, event, .. } = entry;
    heading(text, contract, name, event)?;
    let reacting = all.iter().filter(|other| other.reactions.contains(name)).map(|other| other.service);
    let reacting: Vec<String> = reacting.map(|service| format!("[{service}](#{service})")).collect();
    let reacting = if reacting.is_empty() { "nobody yet".to_owned() } else { reacting.join(", ") };
    writeln!(text, "Event `{}`, reacted to by {reacting}.\n", event.type_name)?;
    open(text, "Example");
    block(text, &event_packet(entry)?);
    close(text);
    schema(text, contract, event)
}

fn heading(text: &mut String, contract: &Contract, name: &str, part: &Part) -> Result<(), BoxError> {
    Ok(writeln!(text, "### `{name}`\n\n{}\n", contract.doc_of(&part.type_name).unwrap_or_default())?)
}

/// The schema of a message, under its heading.
fn schema(text: &mut String, contract: &Contract, part: &Part) -> Result<(), BoxError> {
    let Some(definition) = contract.definitions().get(part.type_name.as_ref()) else { return Ok(()) };
    let mut definition = definition.clone();
    // The heading has said it.
    definition.as_object_mut().and_then(|fields| fields.remove("description"));
    open(text, "Schema");
    block(text, &json(&definition)?.schema().pretty());
    close(text);
    Ok(())
}

/// The types that are no messages of their own: those that schemas refer to, replies and errors.
fn shared(text: &mut String, contract: &Contract) -> Result<(), BoxError> {
    let messages: BTreeSet<Cow<'static, str>> = contract
        .requests
        .iter()
        .map(|entry| &entry.request)
        .chain(contract.events.iter().map(|entry| &entry.event))
        .map(|part| part.type_name.clone())
        .collect();
    let types: serde_json::Map<_, _> = contract
        .definitions()
        .iter()
        .filter(|(name, _)| !messages.contains(name.as_str()))
        .map(|(name, schema)| (name.clone(), schema.clone()))
        .collect();
    writeln!(text, "### Types of {}\n", contract.service)?;
    writeln!(text, "What `#/$defs/` leads to in the schemas above.\n")?;
    let names: Vec<String> = types.keys().map(|name| format!("`{name}`")).collect();
    open(text, &names.join(", ").replace('`', ""));
    block(text, &json(&types)?.schema().pretty());
    close(text);
    Ok(())
}

/// The name of an answer's content, in words.
fn in_words(part: &Part) -> String {
    let name = part.type_name.as_ref();
    match (name.strip_prefix("Array_of_"), name.strip_prefix("Nullable_"), name.strip_prefix("PageOf")) {
        (Some(item), ..) => format!("a list of `{item}`"),
        (_, Some(item), _) => format!("`{item}` or `null`"),
        (_, _, Some(item)) => format!("a page of `{item}` (`{name}`)"),
        _ => format!("`{name}`"),
    }
}

fn envelope(name: &'static str, part: &Part, deadline: Option<Timestamp>) -> Envelope {
    let headers = Headers { deadline, ..Headers::new(valid("req_01m1y2n3vke4c8n6b5x0w2r9tq".parse())) };
    let body = Bytes::copy_from_slice(part.example.get().as_bytes());
    Envelope { id: message_id(), name: Cow::Borrowed(name), headers, aggregate: None, body }
}

fn event_packet(entry: &EventEntry) -> Result<String, BoxError> {
    let aggregate = Some(entry.aggregate);
    pretty(&wire::encode(&[Envelope { aggregate, ..envelope(entry.name, &entry.event, None) }])?)
}

fn reply_packet(outcomes: Vec<Result<Bytes, Fault>>) -> Result<String, BoxError> {
    let replies: Vec<Reply> =
        outcomes.into_iter().map(|outcome| Reply { to: message_id(), outcome }).collect();
    pretty(&wire::encode_replies(&replies)?)
}

fn message_id() -> MessageId {
    valid("msg_01m1y2n3zv8r2p0d7h4q6k5s1c".parse())
}

fn pretty(packet: &[u8]) -> Result<String, BoxError> {
    Ok(serde_json::from_slice::<Json>(packet)?.pretty())
}

fn json<T: Serialize>(value: &T) -> Result<Json, BoxError> {
    Ok(serde_json::from_slice(&serde_json::to_vec(value)?)?)
}

fn block(text: &mut String, json: &str) {
    for part in ["```json\n", json, "\n```\n\n"] {
        text.push_str(part);
    }
}

/// Folds what follows away under a title. GitHub wants the empty lines.
fn open(text: &mut String, title: &str) {
    for part in ["<details><summary>", title, "</summary>\n\n"] {
        text.push_str(part);
    }
}

fn close(text: &mut String) {
    text.push_str("</details>\n\n");
}
