//! What `product` answers, emits and knows: products, their variants, prices and pictures.
//!
//! | module | holds |
//! |---|---|
//! | `product` | the product itself: its variants and their options |
//! | `requests` | the requests that create, change, read and list products |
//! | `files` | pictures, and the requests about the files that hold them |
//! | `offers` | what is sold of products, for `order` |
//! | `events` | what happens to products |
//! | `text` | checked words: slugs, titles, SKUs |
//! | `contract` | all messages with an example of each |

mod contract;
mod events;
mod files;
mod media;
mod offers;
mod product;
mod requests;
mod text;

use message::ListPage;

pub use contract::contract;
pub use events::{AvailabilityChanged, ProductChanged};
pub use files::{File, FileKey, GetFile, Picture, PutFiles};
pub use media::{PutMedia, StoredMedia};
pub use offers::{ListOffers, VariantOffer};
pub use product::{OptionValue, Product, ProductId, ProductStatus, Variant, VariantId};
pub use requests::{
    ChangeProduct, CollectionSummary, CreateProduct, GetProduct, ImportProducts, ImportReport,
    ListCollections, ListProducts, NewProduct, NewVariant, ProductChange, ProductError, ProductKey,
    VariantChange,
};
pub use text::{Collection, Sku, Slug, TaxClass, Title};

message::messages! {
    requests {
        CreateProduct = "product.create" -> Product, ProductError;
        ImportProducts = "product.import" -> ImportReport, ProductError;
        ChangeProduct = "product.change" -> Product, ProductError;
        GetProduct = "product.get" -> Product, ProductError;
        ListProducts = "product.list" -> ListPage<Product>, ProductError;
        ListOffers = "product.list_offers" -> Vec<VariantOffer>, ProductError;
        ListCollections = "product.list_collections" -> Vec<CollectionSummary>, ProductError;
        PutFiles = "product.put_files" -> Vec<FileKey>, ProductError;
        PutMedia = "product.put_media" -> StoredMedia, ProductError;
        GetFile = "product.get_file" -> Option<File>, ProductError;
    }
    events {
        ProductChanged = "product.changed";
        AvailabilityChanged = "product.availability_changed";
    }
}
