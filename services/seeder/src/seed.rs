//! Bringing samples into the shop.

use std::collections::HashMap;

use bus::Bus;
use message::{Fault, Money};
use order_contract::{AdjustStock, StockAdjustment};
use product_contract::{
    FileKey, ImportProducts, NewProduct, NewVariant, OptionValue, Picture, ProductStatus, PutFiles, VariantId,
};

use crate::{
    catalogue::{self, Sample, SampleVariant},
    ids::{Place, id},
};

/// How many products are brought in at once. With up to six variants each, no request outgrows its limit.
const BATCH: usize = 150;

/// Where the samples are stocked.
const LOCATION: &str = "main";

/// Which samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Catalogue {
    /// Of the generated products: another seed makes others.
    pub seed: u64,
    /// How many generated products there are, besides the demo's.
    pub generated: u64,
}

impl Catalogue {
    /// The demo shop alone.
    pub const fn demo() -> Self {
        Self { seed: 1, generated: 0 }
    }

    /// How many products that is.
    pub fn products(&self) -> u64 {
        catalogue::demo().len() as u64 + self.generated
    }
}

/// What seeding did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Report {
    /// How many products were new.
    pub created: u64,
    /// How many were there already.
    pub unchanged: u64,
}

/// Brings the samples into the shop and tells after each step how many are done.
///
/// What is there already stays as it is, also where the merchant has changed it.
pub async fn seed(bus: &Bus, catalogue: &Catalogue, mut progress: impl FnMut(u64)) -> Result<Report, Fault> {
    let mut seeder = Seeder { bus, files: HashMap::new(), report: Report::default() };
    let demo = catalogue::demo();
    let mut done = 0;
    for (first, samples) in (0..).step_by(BATCH).zip(demo.chunks(BATCH)) {
        let samples: Vec<_> = (first..).map(Place::Demo).zip(samples).collect();
        seeder.bring(&samples).await?;
        done += samples.len() as u64;
        progress(done);
    }
    for first in (0..catalogue.generated).step_by(BATCH) {
        let indices = first..catalogue.generated.min(first + BATCH as u64);
        let samples: Vec<_> = indices
            .map(|index| (Place::Generated(index), catalogue::generated(catalogue.seed, index)))
            .collect();
        let samples: Vec<_> = samples.iter().map(|(place, sample)| (*place, sample)).collect();
        seeder.bring(&samples).await?;
        done += samples.len() as u64;
        progress(done);
    }
    Ok(seeder.report)
}

struct Seeder<'b> {
    bus: &'b Bus,
    /// The pictures that are stored already, by what they are drawn from.
    files: HashMap<String, FileKey>,
    report: Report,
}

impl Seeder<'_> {
    async fn bring(&mut self, samples: &[(Place, &Sample)]) -> Result<(), Fault> {
        // Stock first: a shop that has a product counts as filled, so one that was killed in between must have none.
        let adjustments =
            samples.iter().flat_map(|(place, sample)| stock(*place, sample)).collect::<Result<_, _>>()?;
        self.bus.ask(&AdjustStock { adjustments }).await?.map_err(refused)?;
        let products = self.products(samples).await?;
        let imported = self.bus.ask(&ImportProducts { products }).await?.map_err(refused)?;
        self.report.created += imported.created;
        self.report.unchanged += imported.unchanged;
        Ok(())
    }

    async fn products(&mut self, samples: &[(Place, &Sample)]) -> Result<Vec<NewProduct>, Fault> {
        let drawn: Vec<Vec<String>> = samples.iter().map(|(_, sample)| sample.pictures()).collect();
        self.store(&drawn).await?;
        samples
            .iter()
            .zip(&drawn)
            .map(|((place, sample), pictures)| self.product(*place, sample, pictures))
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
        let keys = self.bus.ask(&PutFiles { svgs: svgs.clone() }).await?.map_err(refused)?;
        self.files.extend(svgs.into_iter().zip(keys));
        Ok(())
    }

    fn product(&self, place: Place, sample: &Sample, pictures: &[String]) -> Result<NewProduct, Fault> {
        let picture = |svg: &String| {
            let file = self.files.get(svg).cloned();
            file.map(|file| Picture { file, alt: title_of(svg).to_owned() })
                .ok_or_else(|| Fault::internal("a sample's picture was not stored"))
        };
        Ok(NewProduct {
            id: Some(id(place, &sample.slug)),
            slug: sample.slug.parse().map_err(Fault::internal)?,
            title: sample.title.parse().map_err(Fault::internal)?,
            description: sample.description.clone(),
            collection: collection_title(sample.collection).parse().map_err(Fault::internal)?,
            status: ProductStatus::Published,
            pictures: pictures.iter().map(picture).collect::<Result<_, _>>()?,
            variants: sample
                .variants
                .iter()
                .map(|variant| new_variant(place, sample, variant))
                .collect::<Result<_, _>>()?,
        })
    }
}

fn new_variant(place: Place, sample: &Sample, variant: &SampleVariant) -> Result<NewVariant, Fault> {
    let option = |(name, value): &(String, String)| OptionValue { name: name.clone(), value: value.clone() };
    Ok(NewVariant {
        id: Some(id(place, &variant.sku)),
        sku: variant.sku.parse().map_err(Fault::internal)?,
        options: variant.options.iter().map(option).collect(),
        price: Money::new(variant.price_minor, catalogue::CURRENCY.parse().map_err(Fault::internal)?),
        tax_class: sample.tax_class.parse().map_err(Fault::internal)?,
    })
}

/// The adjustments that stock a sample; each has a key of its own, so that it happens once.
fn stock(place: Place, sample: &Sample) -> impl Iterator<Item = Result<StockAdjustment, Fault>> {
    sample.variants.iter().filter(|variant| variant.stock > 0).map(move |variant| {
        let variant_id: VariantId = id(place, &variant.sku);
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
