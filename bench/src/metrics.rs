//! Reading the shop's own figures from its Prometheus page.

/// The samples of one reading.
#[derive(Clone, Debug, Default)]
pub struct Metrics {
    samples: Vec<(String, f64)>,
}

impl Metrics {
    /// Reads the text format, version 0.0.4. Lines that are no samples are passed over.
    pub fn parse(text: &str) -> Self {
        let samples = text
            .lines()
            .filter(|line| !line.starts_with('#'))
            .filter_map(|line| line.rsplit_once(' '))
            .filter_map(|(name, value)| Some((name.to_owned(), value.parse().ok()?)))
            .collect();
        Self { samples }
    }

    /// The sum over all samples of `name` that carry `label` (as `state="placed"`; any sample if empty). `None` if there
    /// is none.
    pub fn sum(&self, name: &str, label: &str) -> Option<f64> {
        let mut found = self
            .samples
            .iter()
            .filter(|(sample, _)| {
                sample.strip_prefix(name).is_some_and(|labels| {
                    (labels.is_empty() || labels.starts_with('{')) && labels.contains(label)
                })
            })
            .peekable();
        found.peek().is_some().then(|| found.map(|(_, value)| value).sum())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_summed_over_labels() {
        let page = "# TYPE orders_total counter\norders_total{state=\"placed\",via=\"api\"} 2\n\
            orders_total{state=\"placed\",via=\"shop\"} 3\norders_total{state=\"confirmed\"} 4\n\
            orders_total_more 9\nbacklog 1e3\n\nnonsense\n";
        let metrics = Metrics::parse(page);
        assert_eq!(metrics.sum("orders_total", "state=\"placed\""), Some(5.0));
        assert_eq!(metrics.sum("orders_total", ""), Some(9.0));
        assert_eq!(metrics.sum("backlog", ""), Some(1000.0));
        assert_eq!(metrics.sum("orders", ""), None);
    }
}
