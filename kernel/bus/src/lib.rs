//! The bus: services answer requests, publish events and react to events, wherever the other services run.
//!
//! # A service
//!
//! A [`Router`] lists the handlers of a service. The handlers' signatures say which messages they take.
//!
//! ```
//! # use bus::{Cx, Incoming, Router};
//! # use message::*;
//! # use serde::{Serialize, Deserialize};
//! # #[derive(Serialize, Deserialize)] pub struct Hail { name: String }
//! # impl Message for Hail { const NAME: &'static str = "harbour.hail"; }
//! # impl Request for Hail { type Reply = String; type Error = Fault; }
//! # #[derive(Serialize, Deserialize)] pub struct Arrived { id: uuid::Uuid }
//! # impl Message for Arrived { const NAME: &'static str = "boat.arrived"; }
//! # impl Event for Arrived { fn aggregate(&self) -> Aggregate { Aggregate { id: self.id, version: 1 } } }
//! struct Harbour;
//!
//! async fn hail(cx: Cx<Harbour>, Hail { name }: Hail) -> Result<String, Fault> {
//!     Ok(format!("Welcome, {name}. It is {}.", cx.now()))
//! }
//!
//! // The transaction is the router's: it also holds the note that this event was handled.
//! async fn note(_: Cx<Harbour>, tx: &mut store::Tx, Arrived { id }: Arrived) -> Result<(), Failure> {
//!     store::query("INSERT INTO arrival (boat_id) VALUES ($1)").bind(id).execute(tx).await?;
//!     Ok(())
//! }
//!
//! fn service(db: store::Db) -> Router<Harbour> {
//!     Router::new("harbour", Harbour).db(db).on(hail).react(note)
//! }
//! ```
//!
//! # Guarantees
//!
//! - A request is answered once, or its caller gets a fault that says why not ([`message::Fault`]). No handler starts
//!   after the deadline.
//! - An event is committed together with the change that it reports. It is delivered to each reacting service at least
//!   once, in order per aggregate while nothing fails, and takes effect once: the router records the message's id in
//!   the transaction of the reaction. A message whose reaction fails is parked in the database of the reacting service,
//!   retried with back-off, and finally kept as a dead letter. It never delays the messages after it.
//! - `.on_batch` and `.react_batch` receive all messages that have arrived: one when idle, hundreds under load. A batch
//!   never waits to fill up. A batch that fails is split, so that one bad message fails alone.

mod batch;
mod cx;
pub mod dead_letters;
mod deliver;
mod host;
mod in_process;
mod jobs;
pub mod layers;
mod parts;
mod relay;
mod router;
mod service;
mod spans;
mod transport;
mod work;

pub use batch::{Batch, BatchLimits, Review};
pub use cx::{Cx, Incoming};
pub use deliver::runs;
pub use host::{Host, Relays};
pub use in_process::InProcess;
pub use jobs::{Progress, Schedule};
pub use router::{BatchReaction, Reaction, Router};
pub use service::Service;
pub use transport::{Bus, Caller, Transport};
pub use work::{Attempt, Each, Inputs, Outcome, Settlement, Upshot, Work, WorkLimits, Worker, each};
