//! What only PostgreSQL needs: several servers with one data, of which one can be written to.
//!
//! A [`Cluster`] holds connections to one server at a time, its [`Node`]. Every second it asks that server whether it
//! still can be written to; when it cannot, or does not answer, all hosts are visited, and if another one can, there is a
//! new node. Whatever was under way on the old one fails then, transiently: a server that is stopped rather than dead
//! would hold it for ever.
//!
//! Of two servers that both take writes, the one of the later timeline was promoted later and is right; a process that has
//! seen a timeline never goes back to an earlier one. A primary that comes back from a long sleep still takes the other
//! for itself: only synchronous replication (its commits wait for standbys that have left) and the operator's fencing
//! keep those from it who know of no other.

mod cluster;
mod create;
mod host;
mod node;
mod replicas;

pub(crate) use cluster::Cluster;
pub(crate) use host::hosts;
pub(crate) use node::Node;
pub(crate) use replicas::STALENESS;
