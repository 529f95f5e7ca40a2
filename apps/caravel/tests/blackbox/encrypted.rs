//! Servers that accept only encrypted connections, and servers whose certificates are not trusted.

use std::fs;

use serde_json::Value;
use testing::{
    PgCluster, TestBackend, fleet_test,
    mail::{self, Speech},
    rabbit::Broker,
    redis,
    tls::Authority,
};
use tokio::task::block_in_place;

use crate::{
    api::{Api, basket, fresh_key, text, until},
    shop::{Setup, Shop},
};

/// The variable with the file of trusted certificate authorities.
const TRUST: &str = "SSL_CERT_FILE";

/// rustls' errors for an unknown certificate authority, and for the certificate of another server.
const UNKNOWN: &str = "invalid peer certificate: UnknownIssuer";
const OF_ANOTHER: &str = "invalid peer certificate: certificate not valid for name";

/// Places an order and waits until it is paid. Returns its number, which its mail contains.
async fn order(api: &Api, variant: &String) -> Value {
    let placed = api.place(&fresh_key(), &basket(&[(variant, 1)])).await.is(201);
    api.until_order_is(&text(&placed["id"]), "confirmed").await["number"].clone()
}

async fn until_mailed(mail: &mail::MailServer, order: &Value) {
    until("the order's mail has arrived", || async {
        mail.received().iter().any(|mail| mail["headers"]["subject"].to_string().contains(&order.to_string()))
    })
    .await;
}

/// Waits until one line of the shop's log contains all of this.
async fn until_logged(shop: &Shop, words: &[&str]) {
    until(&format!("the log has a line with {words:?}"), || async {
        shop.log().lines().any(|line| words.iter().all(|word| line.contains(word)))
    })
    .await;
}

/// The servers that a fleet needs to start.
struct Servers {
    authority: Authority,
    database: PgCluster,
    broker: Broker,
}

impl Servers {
    fn start(authority: Authority) -> Self {
        block_in_place(|| Self {
            database: PgCluster::start_encrypted(&authority),
            broker: Broker::start_encrypted(&authority),
            authority,
        })
    }

    fn setup(&self, backend: &TestBackend) -> Setup {
        let database = |url: String| format!("{url}?sslmode=verify-full");
        Setup::new(backend)
            .with("CARAVEL_DATABASE_URL", &database(self.database.url("postgres")))
            .with("CARAVEL_DATABASE_READ_URL", &database(self.database.read_url("postgres")))
            .with("CARAVEL_RABBITMQ_URL", &self.broker.url())
    }

    /// Starts a fleet, and checks that it waits, logs the reason, and sends the servers nothing.
    async fn get_nothing_sent(&self, setup: Setup, why: &str) {
        let shop = setup.begin();
        for at in 0..3 {
            let url = self.database.url_of(&[at], "");
            let server = url.split(['@', '/']).nth(3).unwrap();
            until_logged(&shop, &["waiting for PostgreSQL", &format!("{server}: "), why]).await;
        }
        let server = self.broker.url().rsplit_once('@').unwrap().1.to_owned();
        until_logged(&shop, &["RabbitMQ is unavailable", &format!("broker={server} "), why]).await;
        until_logged(&shop, &["waiting for a worker", "the broker is not there"]).await;
        assert!(!shop.api.is_ready().await);

        let schemas = "SELECT count(*) FROM pg_namespace WHERE nspname IN ('product', 'order', 'payment')";
        let sessions = "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'caravel%'";
        for count in [schemas, sessions] {
            assert_eq!(self.database.ask(0, count).as_deref(), Some("0"), "{count}");
        }
        for things in ["list_queues", "list_connections"] {
            let found = block_in_place(|| self.broker.control(&["--quiet", things]));
            assert!(!found.contains("caravel") && !found.contains("guest"), "{things}: {found}");
        }
    }
}

#[fleet_test]
async fn an_order_goes_its_way_encrypted(backend: TestBackend) {
    let servers = Servers::start(Authority::new());
    let redis = redis::RedisServer::start_encrypted(&servers.authority);
    let mail = mail::MailServer::start(Speech::Upgraded(&servers.authority));
    let setup = servers
        .setup(&backend)
        .with("CARAVEL_REDIS_URL", &redis.url())
        .with("CARAVEL_NOTIFICATION_SMTP_URL", &format!("smtp://localhost:{}?tls=required", mail.port()));
    servers.get_nothing_sent(setup.clone(), UNKNOWN).await;

    let shop = setup.trusting(&servers.authority).start().await;
    let variant = shop.api.sell("lamp", 9_900, 5).await;
    until_mailed(&mail, &order(&shop.api, &variant).await).await;
    until("Redis is used", || async { redis.cli(&["DBSIZE"]) != "0" }).await;
}

#[fleet_test]
async fn a_certificate_of_another_server_is_not_taken(backend: TestBackend) {
    let servers = Servers::start(Authority::vouching_for("DNS:elsewhere.example.org"));
    let setup = servers.setup(&backend).trusting(&servers.authority);
    servers.get_nothing_sent(setup, OF_ANOTHER).await;
}

#[test]
fn a_shop_continues_without_servers_that_it_cannot_trust() {
    testing::run(TestBackend::sqlite(), continues_without_servers_that_it_cannot_trust);
}

async fn continues_without_servers_that_it_cannot_trust(backend: TestBackend) {
    let authority = Authority::new();
    let database = block_in_place(|| PgCluster::start_encrypted(&authority));
    let (redis, mail) = (
        redis::RedisServer::start_encrypted(&authority),
        mail::MailServer::start(Speech::Encrypted(&authority)),
    );
    let vouched = format!("?sslmode=verify-full&sslrootcert={}", authority.certificate().display());
    let setup = Setup::new(&backend)
        .with("CARAVEL_DATABASE_URL", &(database.url("postgres") + &vouched))
        .with("CARAVEL_REDIS_URL", &redis.url())
        .with("CARAVEL_NOTIFICATION_SMTP_URL", &format!("smtps://localhost:{}", mail.port()));

    let no_authority = backend.folder().join("nobody.pem");
    fs::write(&no_authority, "not a certificate").unwrap();
    let shop = setup.clone().with(TRUST, no_authority.to_str().unwrap()).start().await;
    until_logged(&shop, &["SSL_CERT_FILE", "nobody.pem", "no certificate"]).await;
    let variant = shop.api.sell("lamp", 9_900, 5).await;
    order(&shop.api, &variant).await;
    let server = format!("redis={} ", redis.url().trim_start_matches("rediss://"));
    until_logged(&shop, &["Redis is unavailable", &server, UNKNOWN]).await;
    until_logged(&shop, &["work failed and will be tried", &format!("localhost:{}", mail.port()), UNKNOWN])
        .await;
    assert_eq!((mail.received().len(), redis.cli(&["DBSIZE"]).as_str()), (0, "0"));
    drop(shop);

    let shop = setup.trusting(&authority).start().await;
    until_mailed(&mail, &order(&shop.api, &variant).await).await;
    until("Redis is used", || async { redis.cli(&["DBSIZE"]) != "0" }).await;
}

impl Setup {
    /// Trusts the servers of this authority, and no others.
    fn trusting(self, authority: &Authority) -> Self {
        self.with(TRUST, authority.certificate().to_str().unwrap())
    }
}
