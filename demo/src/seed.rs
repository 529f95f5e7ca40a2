//! Imports samples into the shop.

use std::collections::HashMap;

use bus::Bus;
use message::{Fault, Money};
use order_contract::{AdjustStock, StockAdjustment};
use product_contract::{
    FileKey, GetProduct, ImportProducts, NewProduct, NewVariant, OptionValue, Picture, ProductError,
    ProductKey, PutFiles, VariantId,
};

use crate::{
    catalogue::{self, Sample, SampleVariant},
    ids::{Position, id},
    shop,
};

/// Products per request: with six variants each, a request stays below its limit.
const BATCH: usize = 150;

/// The location that stocks the samples.
const LOCATION: &str = "main";

/// The samples to seed: Lateen's own products, and generated ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Samples {
    /// Another seed generates other products.
    pub seed: u64,
    /// How many products are generated, besides Lateen's own.
    pub generated: u64,
}

impl Samples {
    /// Lateen's own products alone.
    pub const fn lateen() -> Self {
        Self { seed: 1, generated: 0 }
    }

    /// How many products these are.
    pub fn count(&self) -> u64 {
        catalogue::lateen().len() as u64 + self.generated
    }
}

/// The outcome of [`seed`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SeedReport {
    /// How many products were new.
    pub created: u64,
    /// How many were there already.
    pub unchanged: u64,
}

/// Imports the samples and what the shop says of itself; `progress` gets the number of products done after each request.
///
/// A product that exists is left alone, also one that the merchant has changed.
pub async fn seed(bus: &Bus, samples: &Samples, mut progress: impl FnMut(u64)) -> Result<SeedReport, Fault> {
    shop::describe(bus).await?;
    let mut import = Import { bus, files: HashMap::new(), report: SeedReport::default() };
    let lateen = catalogue::lateen();
    let mut done = 0;
    for (first, batch) in (0..).step_by(BATCH).zip(lateen.chunks(BATCH)) {
        let batch: Vec<_> = (first..).map(Position::Lateen).zip(batch).collect();
        import.batch(&batch).await?;
        done += batch.len() as u64;
        progress(done);
    }
    for first in (0..samples.generated).step_by(BATCH) {
        let indices = first..samples.generated.min(first + BATCH as u64);
        let batch: Vec<_> = indices
            .map(|index| (Position::Generated(index), catalogue::generated(samples.seed, index)))
            .collect();
        let batch: Vec<_> = batch.iter().map(|(position, sample)| (*position, sample)).collect();
        import.batch(&batch).await?;
        done += batch.len() as u64;
        progress(done);
    }
    Ok(import.report)
}

/// Whether the shop has the first of Lateen's own products.
pub async fn is_seeded(bus: &Bus) -> Result<bool, Fault> {
    let lateen = catalogue::lateen();
    let Some(first) = lateen.first() else { return Ok(false) };
    let key = ProductKey::Id(id(Position::Lateen(0), &first.slug));
    match bus.ask(&GetProduct { key }).await {
        Ok(_) => Ok(true),
        Err(ProductError::Fault(fault)) => Err(fault),
        Err(_) => Ok(false),
    }
}

struct Import<'b> {
    bus: &'b Bus,
    /// The pictures that are stored already, by what they are drawn from.
    files: HashMap<String, FileKey>,
    report: SeedReport,
}

impl Import<'_> {
    async fn batch(&mut self, samples: &[(Position, &Sample)]) -> Result<(), Fault> {
        // Stock first: a shop with a product counts as seeded, so an interrupted run must leave stock without products.
        let adjustments = samples
            .iter()
            .flat_map(|(position, sample)| stock(*position, sample))
            .collect::<Result<_, _>>()?;
        self.bus.ask(&AdjustStock { adjustments, in_advance: true }).await.map_err(refused)?;
        let products = self.products(samples).await?;
        let imported = self.bus.ask(&ImportProducts { products }).await.map_err(refused)?;
        self.report.created += imported.created;
        self.report.unchanged += imported.unchanged;
        Ok(())
    }

    async fn products(&mut self, samples: &[(Position, &Sample)]) -> Result<Vec<NewProduct>, Fault> {
        let drawn: Vec<Vec<String>> = samples.iter().map(|(_, sample)| sample.pictures()).collect();
        self.store(&drawn).await?;
        samples
            .iter()
            .zip(&drawn)
            .map(|((position, sample), pictures)| self.product(*position, sample, pictures))
            .collect()
    }

    /// Stores the pictures that are not stored yet.
    async fn store(&mut self, drawn: &[Vec<String>]) -> Result<(), Fault> {
        let mut svgs: Vec<String> =
            drawn.iter().flatten().filter(|svg| !self.files.contains_key(*svg)).cloned().collect();
        svgs.sort_unstable();
        svgs.dedup();
        if svgs.is_empty() {
            return Ok(());
        }
        let keys = self.bus.ask(&PutFiles { svgs: svgs.clone() }).await.map_err(refused)?;
        self.files.extend(svgs.into_iter().zip(keys));
        Ok(())
    }

    fn product(&self, position: Position, sample: &Sample, pictures: &[String]) -> Result<NewProduct, Fault> {
        let picture = |svg: &String| {
            let file = self.files.get(svg).cloned();
            file.map(|file| Picture { file, alt: title_of(svg).to_owned() })
                .ok_or_else(|| Fault::internal("a sample's picture was not stored"))
        };
        let variants = sample.variants.iter().map(|variant| new_variant(position, sample, variant));
        let slug = sample.slug.parse().map_err(Fault::internal)?;
        let title = sample.title.parse().map_err(Fault::internal)?;
        Ok(NewProduct {
            id: Some(id(position, &sample.slug)),
            description: sample.description.clone(),
            collection: collection_title(sample.collection).parse().map_err(Fault::internal)?,
            pictures: pictures.iter().map(picture).collect::<Result<_, _>>()?,
            ..NewProduct::new(slug, title, variants.collect::<Result<_, _>>()?)
        })
    }
}

fn new_variant(position: Position, sample: &Sample, variant: &SampleVariant) -> Result<NewVariant, Fault> {
    let option = |(name, value): &(String, String)| OptionValue::new(name, value).map_err(Fault::internal);
    let currency = catalogue::CURRENCY.parse().map_err(Fault::internal)?;
    Ok(NewVariant {
        id: Some(id(position, &variant.sku)),
        sku: Some(variant.sku.parse().map_err(Fault::internal)?),
        options: variant.options.iter().map(option).collect::<Result<_, _>>()?,
        tax_class: sample.tax_class.parse().map_err(Fault::internal)?,
        ..NewVariant::new(Money::new(variant.price_minor, currency))
    })
}

/// The adjustments that stock a sample; each has a key of its own, so that it happens once.
fn stock(position: Position, sample: &Sample) -> impl Iterator<Item = Result<StockAdjustment, Fault>> {
    sample.variants.iter().filter(|variant| variant.stock > 0).map(move |variant| {
        let variant_id: VariantId = id(position, &variant.sku);
        Ok(StockAdjustment {
            key: format!("seed-{variant_id}").parse().map_err(Fault::internal)?,
            variant_id,
            location: LOCATION.parse().map_err(Fault::internal)?,
            delta: variant.stock,
            reason: "sample stock".parse().map_err(Fault::internal)?,
        })
    })
}

fn collection_title(slug: &str) -> &str {
    catalogue::COLLECTIONS.iter().find(|known| known.slug == slug).map_or(slug, |known| known.title)
}

/// What a picture says of itself.
fn title_of(svg: &str) -> &str {
    let inside = svg.split_once("<title>").and_then(|(_, rest)| rest.split_once("</title>"));
    inside.map_or("a picture", |(title, _)| title)
}

fn refused(error: impl std::fmt::Display) -> Fault {
    Fault::internal(format!("a sample was refused: {error}"))
}
