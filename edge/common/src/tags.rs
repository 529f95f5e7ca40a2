//! The tags of cached pages, and the events that purge them.

use bus::Router;
use cache::Tags;
use product_contract::{AvailabilityChanged, ProductChanged, ProductId};

use crate::paths;

/// The tag of every page that depends on which products there are.
pub const PRODUCTS: &str = "products";

/// The tag of the pages that show something of the shop's settings: with the frame, all pages.
pub const SHOP: &str = "shop";

/// The tag of the pages that show a product.
pub fn product(id: ProductId) -> String {
    format!("product:{id}")
}

/// The tag of the pages that show the other products of a collection.
pub fn collection(name: &str) -> String {
    format!("collection:{}", paths::encoded(name))
}

/// Purges the pages that a changed product appears on, except those tagged with a collection.
pub fn purge_product(tags: &Tags, id: ProductId) {
    tags.purge(&product(id));
    // Lists may have gained it, lost it or show it elsewhere.
    tags.purge(PRODUCTS);
}

/// Lets an edge's service purge pages when `product` reports a change, and all pages when events may have been missed.
#[must_use]
pub fn purge_on_events<S: Send + Sync + 'static>(router: Router<S>, tags: &Tags) -> Router<S> {
    let (all, changed, available) = (tags.clone(), tags.clone(), tags.clone());
    router
        .listen_for_gaps(move |_| all.purge_all())
        .listen(move |_, event: ProductChanged| {
            purge_product(&changed, event.product.id);
            changed.purge(&collection(event.product.collection.as_str()));
        })
        .listen(move |_, event: AvailabilityChanged| {
            event.products.into_iter().for_each(|id| available.purge(&product(id)));
        })
}
