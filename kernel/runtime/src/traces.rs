//! Traces: spans that are sent to a collector, as protobuf over HTTP (OTLP).
//!
//! Only spans with the target [`trace::TARGET`] are collected. A trace continues from process to process as a W3C
//! `traceparent`. The correlation id travels with it; every span has it as an attribute. The process that starts a
//! trace decides whether it is kept; all others follow that decision.
//!
//! No code waits for the collector: spans wait in a bounded queue. Spans that do not fit, or cannot be delivered, are
//! dropped and counted (`traces_spans_dropped_total`).

mod client;

use std::{str::FromStr, time::Duration};

use message::{CorrelationId, Headers, HttpUrl, Invalid, trace};
use opentelemetry::{
    Context, KeyValue,
    propagation::{Extractor, TextMapPropagator as _},
    trace::{TraceContextExt as _, TracerProvider as _},
};
use opentelemetry_otlp::{RetryPolicy, SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::{
    Resource,
    error::OTelSdkResult,
    propagation::TraceContextPropagator,
    trace::{Sampler, SdkTracerProvider, SpanData, SpanExporter as _, SpanProcessor},
};
use serde::Deserialize;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tracing::{Span, Subscriber, level_filters::LevelFilter};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use tracing_subscriber::{Layer, filter::FilterFn, registry::LookupSpan};

/// The largest number of spans that wait.
const QUEUE: usize = 16_384;

/// The largest number of spans in one delivery.
const BATCH: usize = 1024;

/// How long spans are gathered before a delivery.
const PAUSE: Duration = Duration::from_millis(250);

/// The time limit for the collector's answer to one delivery.
const ANSWER_WITHIN: Duration = Duration::from_secs(3);

/// The section `traces` of the settings.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The collector's URL for spans; none: no traces.
    #[serde(deserialize_with = "message::unless_empty")]
    pub endpoint: Option<Endpoint>,
    /// The share of traces that is kept, from 0 to 1.
    pub sample: Share,
}

/// A collector that is reached unencrypted, such as `http://127.0.0.1:4318/v1/traces`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint(HttpUrl);

impl FromStr for Endpoint {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        match text.parse::<HttpUrl>() {
            Ok(url) if !url.is_https() => Ok(Self(url)),
            _ => Err(Invalid::new("expected a URL such as http://127.0.0.1:4318/v1/traces")),
        }
    }
}

/// A number from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(try_from = "f64")]
pub struct Share(f64);

impl TryFrom<f64> for Share {
    type Error = &'static str;

    fn try_from(share: f64) -> Result<Self, Self::Error> {
        (0.0..=1.0).contains(&share).then_some(Self(share)).ok_or("expected a number from 0 to 1")
    }
}

/// Why traces could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nothing can be sent to the endpoint.
    #[error("nothing can be sent to the collector of `traces.endpoint`: {0}")]
    Endpoint(String),
    /// Traces are already set up in this process.
    #[error("traces are already set up in this process")]
    AlreadySet,
}

/// The spans of this process that wait for the collector.
pub struct Traces {
    provider: SdkTracerProvider,
    exporter: SpanExporter,
    waiting: mpsc::Receiver<SpanData>,
}

/// Enables traces if there is a collector. The collector knows this process as `service`.
pub fn init(settings: &Settings, service: &str) -> Result<Option<Traces>, Error> {
    let Some(endpoint) = &settings.endpoint else { return Ok(None) };
    let traces = open(endpoint, settings.sample, service)?;
    let propagation = trace::Propagation { traceparent, adopt, link };
    trace::install(propagation).then_some(Some(traces)).ok_or(Error::AlreadySet)
}

pub(crate) fn open(endpoint: &Endpoint, Share(share): Share, service: &str) -> Result<Traces, Error> {
    let resource = Resource::builder_empty()
        .with_attribute(KeyValue::new("service.name", service.to_owned()))
        .with_attribute(KeyValue::new("process.pid", i64::from(std::process::id())))
        .build();
    let mut exporter = SpanExporter::builder()
        .with_http()
        .with_http_client(client::Client { limit: ANSWER_WITHIN })
        .with_retry_policy(RetryPolicy::disabled())
        .with_endpoint(endpoint.0.as_str())
        .with_timeout(ANSWER_WITHIN)
        .build()
        .map_err(|error| Error::Endpoint(error.to_string()))?;
    exporter.set_resource(&resource);
    let (queue, waiting) = mpsc::channel(QUEUE);
    let provider = SdkTracerProvider::builder()
        .with_span_processor(Queue(queue))
        .with_sampler(Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(share))))
        .with_resource(resource)
        .build();
    Ok(Traces { provider, exporter, waiting })
}

impl Traces {
    /// The layer that turns the spans of this process into spans of traces.
    pub(crate) fn layer<S>(&self) -> impl Layer<S> + Send + Sync + use<S>
    where
        S: Subscriber + for<'a> LookupSpan<'a> + Send + Sync,
    {
        let collected = FilterFn::new(|metadata| metadata.is_span() && metadata.target() == trace::TARGET);
        tracing_opentelemetry::layer()
            .with_tracer(self.provider.tracer("caravel"))
            .with_location(false)
            .with_threads(false)
            .with_target(false)
            .with_tracked_inactivity(false)
            .with_filter(collected.with_max_level_hint(LevelFilter::DEBUG))
    }

    /// Sends spans until `stop`, and then those that still wait.
    pub async fn run(mut self, stop: CancellationToken) {
        let mut batch = Vec::with_capacity(BATCH);
        let mut well = true;
        while stop.run_until_cancelled(self.waiting.recv_many(&mut batch, BATCH)).await.is_some() {
            self.send(&mut batch, &mut well).await;
            // After a full delivery more spans may be waiting.
            if self.waiting.len() < BATCH {
                stop.run_until_cancelled(tokio::time::sleep(PAUSE)).await;
            }
        }
        // The queue is closed, so that this ends although more spans are created.
        self.waiting.close();
        while self.waiting.recv_many(&mut batch, BATCH).await > 0 {
            self.send(&mut batch, &mut well).await;
            if !well {
                dropped("collector", self.waiting.len());
                return;
            }
        }
    }

    async fn send(&self, batch: &mut Vec<SpanData>, well: &mut bool) {
        let count = batch.len();
        match self.exporter.export(std::mem::take(batch)).await {
            Ok(()) => {
                metrics::counter!("traces_spans_sent_total").increment(count as u64);
                if !std::mem::replace(well, true) {
                    tracing::info!("the collector accepts traces again");
                }
            }
            Err(error) => {
                dropped("collector", count);
                if std::mem::replace(well, false) {
                    tracing::warn!(%error, "the collector does not accept traces; they are dropped");
                }
            }
        }
    }
}

fn dropped(reason: &'static str, count: usize) {
    metrics::counter!("traces_spans_dropped_total", "reason" => reason).increment(count as u64);
}

/// The queue of ended spans.
#[derive(Debug)]
struct Queue(mpsc::Sender<SpanData>);

/// The attribute with which the spans of one request are found.
const CORRELATION: &str = "correlation";

impl SpanProcessor for Queue {
    fn on_start(&self, span: &mut opentelemetry_sdk::trace::Span, context: &Context) {
        use opentelemetry::trace::Span as _;
        if let Some(TraceCorrelation(correlation)) = context.get() {
            span.set_attribute(KeyValue::new(CORRELATION, correlation.to_string()));
        }
    }

    fn on_end(&self, mut span: SpanData) {
        // Spans that also put the id on log lines already have it.
        let mut known = false;
        span.attributes.retain(|attribute| {
            attribute.key.as_str() != CORRELATION || !std::mem::replace(&mut known, true)
        });
        if self.0.try_send(span).is_err() {
            dropped("queue", 1);
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }
}

/// The correlation id that a span passes on to the spans within it.
struct TraceCorrelation(CorrelationId);

fn traceparent(span: &Span) -> Option<String> {
    let context = span.context();
    let span = context.span();
    let span = span.span_context();
    span.is_valid()
        .then(|| format!("00-{}-{}-{:02x}", span.trace_id(), span.span_id(), span.trace_flags().to_u8()))
}

fn adopt(span: &Span, headers: &Headers) {
    let correlated = Context::new().with_value(TraceCorrelation(headers.correlation));
    let context = match &headers.trace {
        Some(trace) => TraceContextPropagator::new().extract_with_context(&correlated, &Traceparent(trace)),
        None => correlated,
    };
    // Fails only for spans that are not collected.
    let _ = span.set_parent(context);
}

fn link(span: &Span, trace: &str) {
    let other = TraceContextPropagator::new().extract_with_context(&Context::new(), &Traceparent(trace));
    span.add_link(other.span().span_context().clone());
}

/// The current trace of this thread, for log lines.
pub(crate) fn current() -> Option<String> {
    let context = Context::current();
    let span = context.span();
    let span = span.span_context();
    span.is_valid().then(|| span.trace_id().to_string())
}

struct Traceparent<'a>(&'a str);

impl Extractor for Traceparent<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        (key == "traceparent").then_some(self.0)
    }

    fn keys(&self) -> Vec<&str> {
        vec!["traceparent"]
    }
}

#[cfg(test)]
mod tests {
    use message::{Clock, IdSource};
    use tracing_subscriber::layer::SubscriberExt as _;

    use super::*;

    fn open(sample: f64) -> Traces {
        super::open(&"http://127.0.0.1:9/v1/traces".parse().unwrap(), sample.try_into().unwrap(), "test")
            .unwrap()
    }

    fn headers(trace: Option<&str>) -> Headers {
        let correlation = IdSource::seeded(Clock::system(), 1).id();
        Headers { trace: trace.map(str::to_owned), ..Headers::new(correlation) }
    }

    /// Runs `act` in a process that keeps this share of its traces.
    fn traced<T>(sample: f64, act: impl FnOnce() -> T) -> (T, Vec<SpanData>) {
        let mut traces = open(sample);
        let subscriber = tracing_subscriber::registry().with(traces.layer());
        let done = tracing::subscriber::with_default(subscriber, act);
        let mut spans = Vec::new();
        while let Ok(span) = traces.waiting.try_recv() {
            spans.push(span);
        }
        (done, spans)
    }

    #[test]
    fn a_trace_goes_on_and_its_spans_have_the_correlation_once() {
        const CLIENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let headers = headers(Some(CLIENT));
        let (sent, spans) = traced(1.0, || {
            let correlation = headers.correlation;
            let outer = tracing::error_span!(target: "trace", "outer", %correlation);
            adopt(&outer, &headers);
            let _outer = outer.entered();
            let inner = tracing::debug_span!(target: "trace", "inner");
            traceparent(&inner).unwrap()
        });
        assert!(sent.starts_with("00-4bf92f3577b34da6a3ce929d0e0e4736-") && sent.ends_with("-01"), "{sent}");
        let names: Vec<_> = spans.iter().map(|span| span.name.as_ref()).collect();
        assert_eq!(names, ["inner", "outer"]);
        for span in spans {
            let found: Vec<_> =
                span.attributes.iter().filter(|found| found.key.as_str() == CORRELATION).collect();
            assert_eq!(found.len(), 1, "{found:?}");
            assert_eq!(found[0].value.as_str(), headers.correlation.to_string());
        }
    }

    #[test]
    fn what_is_not_kept_here_is_not_kept_further_on() {
        let (sent, spans) = traced(0.0, || {
            let span = tracing::error_span!(target: "trace", "outer");
            adopt(&span, &headers(None));
            traceparent(&span).unwrap()
        });
        assert!(sent.ends_with("-00") && spans.is_empty(), "{sent}");
        let (sent, spans) = traced(1.0, || {
            let span = tracing::error_span!(target: "trace", "outer");
            adopt(&span, &headers(Some(&sent)));
            traceparent(&span).unwrap()
        });
        assert!(sent.ends_with("-00") && spans.is_empty(), "{sent}");
    }

    #[test]
    fn a_traceparent_that_is_none_begins_a_new_trace() {
        for wrong in ["", "nonsense", "00-00000000000000000000000000000000-00f067aa0ba902b7-01"] {
            let (sent, spans) = traced(1.0, || {
                let span = tracing::error_span!(target: "trace", "outer");
                adopt(&span, &headers(Some(wrong)));
                traceparent(&span).unwrap()
            });
            assert!(sent.ends_with("-01") && spans.len() == 1, "{wrong}");
        }
    }

    #[test]
    fn only_spans_of_traces_are_collected() {
        let ((), spans) = traced(1.0, || {
            tracing::error_span!("other").in_scope(|| tracing::error!(target: "trace", "an event"));
            tracing::trace_span!(target: "trace", "too fine").in_scope(|| ());
        });
        assert!(spans.is_empty(), "{spans:?}");
    }

    #[test]
    fn wrong_settings_are_named() {
        for wrong in ["collector:4318", "https://collector:4318", "http://", "grpc://collector"] {
            assert!(
                wrong.parse::<Endpoint>().unwrap_err().to_string().contains("such as http://127.0.0.1:4318")
            );
        }
        assert!(Share::try_from(1.1).is_err() && Share::try_from(-0.1).is_err());
    }
}
