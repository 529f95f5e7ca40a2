//! The SQS client.

use std::time::Duration;

use aws_config::{BehaviorVersion, ConfigLoader, Region, retry::RetryConfig, timeout::TimeoutConfig};
use aws_sdk_sqs::{Client, config::Builder};
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};

use crate::Settings;

/// The time limit for SQS's answer, in addition to the requested wait.
const PATIENCE: Duration = Duration::from_secs(10);

/// The time limit for a new connection.
const CONNECTING: Duration = Duration::from_secs(3);

/// A client with the usual credentials of AWS clients: variables (`AWS_ACCESS_KEY_ID`), a profile, a web identity, the
/// container, the machine. The region comes from the same sources if the settings name none.
pub async fn client(settings: &Settings) -> Client {
    client_from(aws_config::defaults(BehaviorVersion::v2026_01_12()), settings).await
}

/// A client with the configuration of `loader`, such as credentials of another origin.
pub async fn client_from(loader: ConfigLoader, settings: &Settings) -> Client {
    let http =
        aws_smithy_http_client::Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(CONNECTING)
        .operation_attempt_timeout(settings.wait() + PATIENCE)
        .build();
    let mut loader = loader.http_client(http).timeout_config(timeouts).retry_config(RetryConfig::standard());
    if !settings.region.is_empty() {
        loader = loader.region(Region::new(settings.region.clone()));
    }
    let mut config = Builder::from(&loader.load().await);
    if let Some(endpoint) = &settings.endpoint {
        config = config.endpoint_url(endpoint.as_str());
    }
    Client::from_conf(config.build())
}
