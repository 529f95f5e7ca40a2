//! Packets: messages that travel together.

use std::{collections::HashMap, hash::Hash};

use crate::Settings;

/// The largest size of a packet.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PacketLimits {
    messages: usize,
    bytes: usize,
}

impl PacketLimits {
    pub(crate) fn new(settings: &Settings) -> Self {
        Self { messages: settings.packet_messages.get(), bytes: settings.packet_bytes.get() }
    }

    /// Splits the messages for one destination into packets, in order.
    pub(crate) fn split<T>(
        self,
        items: impl IntoIterator<Item = T>,
        size: impl Fn(&T) -> usize,
    ) -> Vec<Vec<T>> {
        let mut packets: Vec<Vec<T>> = Vec::new();
        let mut bytes = 0;
        for item in items {
            let item_bytes = size(&item);
            match packets.last_mut() {
                Some(packet) if packet.len() < self.messages && bytes + item_bytes <= self.bytes => {
                    packet.push(item);
                    bytes += item_bytes;
                }
                _ => {
                    packets.push(vec![item]);
                    bytes = item_bytes;
                }
            }
        }
        packets
    }
}

/// Groups messages by destination; each group keeps its order.
pub(crate) fn group<K: Eq + Hash + Clone, T>(items: impl IntoIterator<Item = (K, T)>) -> Vec<(K, Vec<T>)> {
    let mut groups: Vec<(K, Vec<T>)> = Vec::new();
    let mut places = HashMap::new();
    for (key, item) in items {
        let place = *places.entry(key.clone()).or_insert(groups.len());
        match groups.get_mut(place) {
            Some((_, group)) => group.push(item),
            None => groups.push((key, vec![item])),
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packet_is_full_by_messages_or_by_bytes() {
        let limits = PacketLimits { messages: 3, bytes: 10 };
        let packets = |sizes: &[usize]| limits.split(sizes.to_vec(), |size| *size);
        assert_eq!(packets(&[1, 1, 1, 1]), [vec![1, 1, 1], vec![1]]);
        assert_eq!(packets(&[6, 5, 5, 1]), [vec![6], vec![5, 5], vec![1]]);
        assert_eq!(packets(&[2, 50, 2]), [vec![2], vec![50], vec![2]]);
        assert!(packets(&[]).is_empty());
    }

    #[test]
    fn groups_keep_their_order() {
        let groups = group([("a", 1), ("b", 2), ("a", 3), ("c", 4), ("b", 5)]);
        assert_eq!(groups, [("a", vec![1, 3]), ("b", vec![2, 5]), ("c", vec![4])]);
    }
}
