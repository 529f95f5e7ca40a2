//! What `product` answers, emits and knows: products, their variants, prices and pictures.
//!
//! | module | holds |
//! |---|---|
//! | `product` | the product itself |
//! | `variant` | its variants and their options |
//! | `requests` | the requests that create, read and list products |
//! | `change` | the request that changes one; `empty` reads texts that may be missing |
//! | `files` | pictures, and the requests about the files that hold them |
//! | `offers` | what is sold of products, for `order` |
//! | `events` | what happens to products |
//! | `text`, `barcode`, `measures` | checked values: slugs, titles, SKUs; barcodes; weights, sizes, customs codes |
//! | `contract` | all messages with an example of each |

mod barcode;
mod change;
mod contract;
mod empty;
mod events;
mod files;
mod measures;
mod media;
mod offers;
mod product;
mod requests;
mod text;
mod variant;

use message::ListPage;

pub use barcode::Barcode;
pub use change::{ChangeProduct, ProductChange, VariantChange};
pub use contract::contract;
pub use events::{AvailabilityChanged, ProductChanged};
pub use files::{File, FileKey, GetFile, Picture, PutFiles};
pub use measures::{CustomsCode, Grams, Millimetres, Size};
pub use media::{PutMedia, StoredMedia};
pub use offers::{ListOffers, VariantOffer};
pub use product::{Product, ProductId, ProductStatus};
pub use requests::{
    CollectionSummary, CreateProduct, FindVariants, GetProduct, ImportProducts, ImportReport,
    ListCollections, ListProducts, NewProduct, ProductError, ProductKey, SavedProduct, VariantCard, Warning,
};
pub use text::{Collection, Label, Sku, Slug, TaxClass, Title};
pub use variant::{NewVariant, OptionValue, Variant, VariantId};

message::messages! {
    requests {
        CreateProduct = "product.create" -> SavedProduct, ProductError;
        ImportProducts = "product.import" -> ImportReport, ProductError;
        ChangeProduct = "product.change" -> SavedProduct, ProductError;
        GetProduct = "product.get" -> Product, ProductError;
        FindVariants = "product.of_variants" -> Vec<VariantCard>, ProductError;
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
