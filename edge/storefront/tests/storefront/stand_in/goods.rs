//! The products, mails and pictures of the stand-ins.

use axum::{Router, extract::Path, http::header::CONTENT_TYPE, routing::get};
use message::{Currency, Example as _, IdSource, Money};
use notification_contract::{Mail, MailState, RenderedMail};
use order_contract::OrderId;
use product_contract::{FileKey, NewVariant, OptionValue, Picture, Product, ProductStatus, Title, Variant};

#[path = "../../../examples/preview/stills.rs"]
mod stills;

/// A variant: what sets it apart, its price in rupees, and how many there are.
pub(crate) type New<'a> = (&'a [(&'a str, &'a str)], i64, i64);

/// A product with these variants.
pub(crate) fn product(
    ids: &IdSource,
    slug: &str,
    title: &str,
    collection: &str,
    variants: &[New<'_>],
) -> Product {
    let option = |(name, value): &(&str, &str)| OptionValue::new(name, value).unwrap();
    let variant = |(place, (options, rupees, available)): (usize, &New<'_>)| Variant {
        sku: Some(format!("{slug}-{place}").parse().unwrap()),
        options: options.iter().map(option).collect(),
        available: *available,
        ..NewVariant::new(Money::new(rupees * 100, Currency::INR)).into_variant(ids.id())
    };
    let now = ids.clock().now();
    Product {
        id: ids.id(),
        slug: slug.parse().unwrap(),
        title: Title::try_from(title.to_owned()).unwrap(),
        description:
            "It is made to be used daily and mended when it breaks. It weighs little and lasts long.".into(),
        collection: collection.parse().unwrap(),
        status: ProductStatus::Published,
        pictures: Vec::new(),
        variants: variants.iter().enumerate().map(variant).collect(),
        created_at: now,
        updated_at: now,
        ..Product::example()
    }
}

/// The same with pictures of a kind of thing.
pub(crate) fn pictured(mut product: Product, kind: &str) -> Product {
    let picture = |file: String, alt: String| Picture { file: FileKey(file), alt };
    product.pictures = vec![
        picture(format!("{kind}.svg"), format!("{}, on a table", product.title)),
        picture(format!("{kind}-2.svg"), format!("{}, from nearby", product.title)),
    ];
    product
}

/// A dozen things on four collections: some sold out, some nearly, one with a choice, one without a picture.
pub(crate) fn shop(ids: &IdSource) -> Vec<Product> {
    let one =
        |slug, title, collection, rupees, left| product(ids, slug, title, collection, &[(&[], rupees, left)]);
    let kettle = product(
        ids,
        "enamel-kettle",
        "Enamel kettle",
        "Kitchen",
        &[
            (&[("Size", "1.2 litres"), ("Colour", "sea")], 2360, 40),
            (&[("Size", "1.2 litres"), ("Colour", "cream")], 2360, 3),
            (&[("Size", "2 litres"), ("Colour", "sea")], 2890, 12),
            (&[("Size", "2 litres"), ("Colour", "cream")], 2890, 0),
        ],
    );
    vec![
        pictured(kettle, "kettle"),
        pictured(one("band-mug", "Band mug", "Kitchen", 480, 30), "cup"),
        pictured(one("reading-lamp", "Reading lamp, brass", "Light", 4150, 2), "lamp"),
        pictured(one("stitched-notebook", "Stitched notebook", "Desk", 320, 80), "notebook"),
        pictured(one("walking-flask", "Walking flask", "Walking", 1240, 0), "bottle"),
        pictured(
            one("terracotta-pot", "Terracotta pot with a rather long name that runs over", "Light", 290, 9),
            "pot",
        ),
        pictured(one("market-bag", "Market bag", "Walking", 890, 25), "bag"),
        pictured(one("oak-board", "Oak board", "Kitchen", 1150, 4), "board"),
        pictured(one("tea-bowl", "Tea bowl, celadon", "Kitchen", 560, 10), "cup"),
        pictured(one("week-planner", "Week planner", "Desk", 410, 33), "notebook"),
        pictured(one("carafe", "Carafe", "Kitchen", 980, 14), "bottle"),
        pictured(one("night-light", "Night light", "Light", 1320, 8), "lamp"),
        one("string", "Ball of string", "Desk", 90, 100),
    ]
}

/// A thing in so many colours and sizes; the last size is sold out in every third colour, and one combination is missing.
pub(crate) fn many(ids: &IdSource, slug: &str, title: &str, colours: &[&str], sizes: usize) -> Product {
    let sizes: Vec<_> = (1..=sizes).map(|size| format!("{size}")).collect();
    let pairs = colours.iter().enumerate().flat_map(|(place, colour)| {
        sizes.iter().enumerate().map(move |(size, words)| (place, *colour, size, words.as_str()))
    });
    let last = sizes.len() - 1;
    let pairs: Vec<_> = pairs.filter(|(place, _, size, _)| (*place, *size) != (1, 0)).collect();
    let options: Vec<_> =
        pairs.iter().map(|(_, colour, _, size)| [("Colour", *colour), ("Size", *size)]).collect();
    let variants: Vec<New<'_>> = pairs
        .iter()
        .zip(&options)
        .map(|((place, _, size, _), options)| {
            let left = if *size == last && place % 3 == 0 { 0 } else { 3 + i64::try_from(*size).unwrap() };
            (options.as_slice(), if *size > 3 { 1490 } else { 1290 }, left)
        })
        .collect();
    product(ids, slug, title, "Walking", &variants)
}

/// A mail about an order, in both its forms.
pub(crate) fn mail(ids: &IdSource, order_id: OrderId, subject: &str, state: MailState) -> RenderedMail {
    let now = ids.clock().now();
    let mail = Mail {
        id: ids.id(),
        order_id,
        kind: notification_contract::MailKind::default(),
        to: "meera@example.in".parse().unwrap(),
        subject: subject.into(),
        state,
        attempts: 1,
        error: (state == MailState::Failed).then(|| "550 No such user here".into()),
        created_at: now,
        sent_at: Some(now),
    };
    let html = "<!doctype html><html><head><title>Mail</title></head><body style=\"font:16px Georgia;padding:24px\">\
                <h1>Thank you, Meera</h1><p>Your order is confirmed. <a href=\"/orders/x\">Follow it</a></p></body></html>";
    RenderedMail { mail, html: html.into(), text: "Thank you, Meera.\n\nYour order is confirmed.\n".into() }
}

/// The pictures' files.
pub(crate) fn pictures() -> Router {
    let file = |Path(name): Path<String>| async move {
        let svg = stills::all().into_iter().find(|(known, _)| *known == name).map(|(_, svg)| svg);
        ([(CONTENT_TYPE, "image/svg+xml")], svg.unwrap_or_default())
    };
    Router::new().route("/media/{name}", get(file))
}
