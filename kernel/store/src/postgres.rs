//! PostgreSQL: several servers with the same data, of which one accepts writes.
//!
//! A [`Cluster`] has connections to one server at a time, its [`Node`]. Every second it checks that the server still
//! accepts writes. If it does not, or does not answer, the cluster visits all hosts; if another one accepts writes,
//! that one becomes the new node. Work on the old node then fails with a transient fault: a server that is stopped
//! rather than dead would otherwise hold it for ever.
//!
//! Of two servers that both accept writes, the one with the later timeline was promoted later and is right. A process
//! that has seen a timeline never returns to an earlier one. A primary that continues after a long stop still accepts
//! writes; a process that knows of no other is kept from it only by synchronous replication (the commits wait for
//! standbys that have left) and by the operator's fencing.

mod cluster;
mod create;
mod host;
mod node;
mod replicas;

pub(crate) use cluster::Cluster;
pub(crate) use host::hosts;
pub(crate) use node::Node;
pub(crate) use replicas::STALENESS;
