//! Stand-ins for the services that the storefront asks, and a server of the real pages on a real socket.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use bus::{Bus, InProcess, Transport as _, layers};
use cache::Tags;
use edge_common::shop::ShopCopy;
use message::{Clock, Envelope, Event, Headers, IdSource};
use notification_contract::{RenderedMail, SendLink};
use order_contract::{HistoryEntry, Order, OrderId, OrderSecret, OrderStatus, PlaceOrder, PlacedOrder};
use product_contract::Product;
use reqwest::{Client, redirect::Policy};
use shop_contract::ShopSettings;
use storefront::{Settings, Storefront};
use tokio_util::sync::CancellationToken;
use web::serve::{Server, listen};

pub(crate) mod goods;
pub(crate) mod services;

/// The data of the stand-ins.
#[derive(Default)]
pub(crate) struct World {
    pub(crate) products: Vec<Product>,
    pub(crate) orders: HashMap<OrderId, Known>,
    pub(crate) placed: HashMap<String, (PlaceOrder, PlacedOrder)>,
    pub(crate) mails: Vec<RenderedMail>,
    /// The links that were asked for.
    pub(crate) links: Vec<SendLink>,
    /// How often each message was asked.
    pub(crate) asked: HashMap<&'static str, usize>,
    /// The names of the services that fail.
    pub(crate) down: Vec<&'static str>,
    /// How many placements are answered with "in progress" first.
    pub(crate) in_progress: usize,
}

/// An order with its token and history.
pub(crate) struct Known {
    pub(crate) order: Order,
    pub(crate) token: String,
    pub(crate) history: Vec<HistoryEntry>,
}

/// Shared by all stand-ins.
#[derive(Clone, Default)]
pub(crate) struct Shared(Arc<Mutex<World>>);

impl Shared {
    pub(crate) fn lock(&self) -> MutexGuard<'_, World> {
        self.0.lock().unwrap()
    }
}

/// A client that follows no redirects.
pub(crate) fn client() -> Client {
    Client::builder().redirect(Policy::none()).build().unwrap()
}

/// A shop of stand-ins behind the real storefront.
pub(crate) struct Shop {
    pub(crate) url: String,
    pub(crate) world: Shared,
    pub(crate) transport: Arc<InProcess>,
    pub(crate) ids: IdSource,
    pub(crate) bus: Bus,
    stop: CancellationToken,
}

impl Shop {
    /// Serves `products` on a free port.
    pub(crate) fn open(products: Vec<Product>) -> Self {
        Self::with(products, "127.0.0.1:0", |_| {})
    }

    pub(crate) fn with(products: Vec<Product>, address: &str, change: impl FnOnce(&mut Settings)) -> Self {
        let (clock, transport) = (Clock::system(), InProcess::new());
        let ids = IdSource::random(clock.clone());
        let caller = layers::standard(
            Arc::<InProcess>::clone(&transport),
            clock,
            layers::RequestLimits::default(),
            layers::Directory::default(),
        );
        let bus = Bus::new(Arc::<InProcess>::clone(&transport), caller, ids.clone(), Duration::from_secs(5));
        let world = Shared::default();
        world.lock().products = products;

        let stop = CancellationToken::new();
        let tags = Tags::new();
        let known = ShopSettings {
            tax_name: "GST".parse().unwrap(),
            countries: ["IN", "LK", "NP"].map(|code| code.parse().unwrap()).into(),
            time_zone: "Asia/Kolkata".parse().unwrap(),
            ..ShopSettings::default()
        };
        let copy = ShopCopy::new(bus.clone(), tags.clone(), known);
        let mut settings = Settings::new(copy, OrderSecret::new([7; 32]), tags, stop.clone());
        settings.mailbox = true;
        change(&mut settings);
        let openapi = serde_json::from_str(include_str!("../../../examples/preview/openapi.json")).unwrap();
        let storefront = Storefront::new(bus.clone(), settings, openapi).unwrap();
        for service in services::all(&world, &bus) {
            transport.mount(Arc::new(service));
        }
        transport.mount(Arc::new(storefront.service().into_service(bus.clone())));

        let listener = listen(address.parse().unwrap()).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = storefront.router().merge(goods::pictures());
        let server = Server::new(router).fast_path(storefront.fast_path());
        tokio::spawn(server.run([listener], stop.clone()));
        Self { url, world, transport, ids, bus, stop }
    }

    /// Publishes an event to the listeners.
    pub(crate) async fn publish<E: Event>(&self, event: &E) {
        let headers = Headers::new(self.bus.correlation());
        let envelope = Envelope::event(event, headers, &self.ids).unwrap();
        self.transport.publish(vec![envelope]).await.unwrap();
    }

    /// Advances an order and publishes the event that `event` makes of it.
    pub(crate) async fn advance<E: Event>(
        &self,
        id: OrderId,
        to: OrderStatus,
        event: impl FnOnce(&Order) -> E,
    ) {
        let event = {
            let mut world = self.world.lock();
            let known = world.orders.get_mut(&id).unwrap();
            known.order.status = to;
            known.order.version += 1;
            let note = known.order.cancel_reason.map(|_| "payment_failed".to_owned());
            known.history.push(HistoryEntry { status: to, at: self.bus.now(), note });
            event(&known.order)
        };
        self.publish(&event).await;
    }

    /// How often a message was asked so far.
    pub(crate) fn asked(&self, name: &str) -> usize {
        self.world.lock().asked.get(name).copied().unwrap_or_default()
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}
