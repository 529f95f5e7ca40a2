//! Made-up contents: the shop, its errors, its API. Orders and mails are in [`crate::sample_orders`].

use storefront::views::{
    ApiDocsView, Card, CollectionRow, ErrorView, HomeView, Link, ListView, OptionChoice, OptionGroup,
    PictureView, ProblemRow, ProblemsView, ProductView, Site, StockBadge, Supply,
};

const PRODUCTS: [(&str, &str, &str, Supply); 12] = [
    ("kettle", "Enamel kettle", "₹2,360", Supply::In),
    ("cup", "Band mug", "₹480", Supply::In),
    ("lamp", "Reading lamp, brass", "from ₹4,150", Supply::Few),
    ("notebook", "Stitched notebook", "from ₹320", Supply::In),
    ("bottle", "Walking flask", "₹1,240", Supply::Out),
    ("pot", "Terracotta pot with a rather long name that runs over", "from ₹290", Supply::In),
    ("bag", "Market bag", "₹890", Supply::In),
    ("board", "Oak board", "₹1,150", Supply::Few),
    ("cup", "Tea bowl, celadon", "₹560", Supply::In),
    ("notebook", "Week planner", "₹410", Supply::In),
    ("bottle", "Carafe", "₹980", Supply::In),
    ("lamp", "Night light", "₹1,320", Supply::In),
];

const COLLECTIONS: [(&str, &str); 8] = [
    ("Kitchen", "9 things"),
    ("Table", "8 things"),
    ("Desk", "8 things"),
    ("Reading", "6 things"),
    ("Walking", "7 things"),
    ("Garden", "8 things"),
    ("Light", "7 things"),
    ("Travel", "7 things"),
];

pub(crate) fn link(label: &str, href: &str) -> Link {
    Link { label: label.to_owned(), href: href.to_owned(), current: false }
}

pub(crate) fn words(text: &str) -> String {
    text.to_owned()
}

/// The frame of the page `name`.
pub(crate) fn site(name: &str) -> Site {
    let nav = [("Everything", "/list.html", "list")];
    Site {
        name: words("Lateen"),
        tagline: words("goods for a small life"),
        logo: None,
        nav: nav.map(|(label, href, page)| Link { current: page == name, ..link(label, href) }).into(),
        footer: vec![link("Everything", "/list.html")],
        legal: vec![link("Terms", "/terms"), link("Privacy", "/privacy")],
        texts: vec![words("Made and packed in Kochi.")],
        developer: vec![link("Mailbox", "/mailbox.html"), link("API", "/api.html")],
        notice: words("A demonstration: nothing is really sold, no money moves."),
    }
}

pub(crate) fn picture(kind: &str, alt: &str) -> PictureView {
    PictureView { src: format!("/pictures/{kind}.svg"), alt: words(alt), width: 800, height: 800 }
}

fn stock(level: Supply) -> StockBadge {
    let text = match level {
        Supply::In => "in stock",
        Supply::Few => "only 3 left",
        Supply::Out => "sold out",
    };
    StockBadge { level, words: words(text) }
}

fn cards(range: std::ops::Range<usize>) -> Vec<Card> {
    PRODUCTS
        .iter()
        .skip(range.start)
        .take(range.len())
        .map(|&(kind, title, price, level)| Card {
            href: words("/product.html"),
            title: words(title),
            price: words(price),
            picture: picture(kind, title),
            stock: stock(level),
        })
        .collect()
}

/// The front page.
pub(crate) fn home() -> HomeView {
    HomeView {
        headline: words("Good things, and not too many of them"),
        intro: words(
            "A small shop for kitchen, table, desk and the way between them. Each thing is chosen to be used daily and \
             mended when it breaks.",
        ),
        stills: cards(0..3),
        picks: cards(3..11),
        collections: COLLECTIONS
            .map(|(name, count)| CollectionRow {
                href: words("/list.html"),
                name: words(name),
                count: words(count),
            })
            .into(),
    }
}

/// The front page before anything is published.
pub(crate) fn home_of_an_empty_shop() -> HomeView {
    HomeView { stills: Vec::new(), picks: Vec::new(), collections: Vec::new(), ..home() }
}

/// A list with a page after it.
pub(crate) fn list() -> ListView {
    let mut collections = vec![Link { current: true, ..link("Everything", "/list.html") }];
    collections.extend(COLLECTIONS.map(|(name, _)| link(name, "/list-empty.html")));
    ListView {
        title: words("Everything"),
        intro: Some(words("Sixty things, newest first.")),
        collections,
        cards: cards(0..12),
        position: Some(words("1–24 of 60")),
        first: None,
        next: Some(words("/list.html?cursor=abc")),
    }
}

/// A collection without products.
pub(crate) fn empty_list() -> ListView {
    let mut page = list();
    for link in &mut page.collections {
        link.current = link.label == "Garden";
    }
    ListView { title: words("Garden"), intro: None, cards: Vec::new(), position: None, next: None, ..page }
}

/// A product with a choice of size and colour.
pub(crate) fn product() -> ProductView {
    let value = |text: &str, state| OptionChoice {
        value: words(text),
        words: words(text),
        colour: (text == "sea").then_some("#0B6E86"),
        chosen: matches!(text, "1.2 litres" | "sea"),
        state,
    };
    let group =
        |field, label: &str, values| OptionGroup { field, label: words(label), is_menu: false, values };
    ProductView {
        slug: words("enamel-kettle"),
        href: words("/product.html"),
        title: words("Enamel kettle"),
        price: words("₹2,360"),
        from: Some(words("from ₹2,360")),
        price_note: words("GST included"),
        description: words(
            "Two coats of enamel on steel, and a spout that pours without a second thought. It whistles, but only when \
             it has something to say.\n\nFor every hob, induction too. Wipe it; it has outlived many dishwashers.",
        ),
        collection: Some(link("Kitchen", "/list.html")),
        pictures: vec![
            picture("kettle", "A sea-blue enamel kettle on a table"),
            picture("kettle-2", "The kettle from nearby"),
            picture("cup", "The kettle's mug"),
        ],
        variant: None,
        groups: vec![
            group("option1", "Size", vec![value("1.2 litres", "in"), value("2 litres", "in")]),
            group(
                "option2",
                "Colour",
                vec![value("sea", "in"), value("cream", "out"), value("clay", "none")],
            ),
        ],
        chosen: words("1.2 litres, sea"),
        stock: stock(Supply::In),
        sold_out: false,
        max_quantity: 10,
        badges: vec![stock(Supply::In), stock(Supply::Out)],
        table: words(
            r#"{"prices":["₹2,360","₹2,890"],"rows":[[0,0,0,0,10,0],[0,1,0,1,0,1],[1,0,1,0,10,-1],[1,1,1,0,10,-1]]}"#,
        ),
        more: cards(1..5),
    }
}

/// A product with a single variant.
pub(crate) fn product_without_choice() -> ProductView {
    let (title, variant) = (words("Oak board"), Some(words("v1")));
    let (groups, from, chosen) = (Vec::new(), None, String::new());
    ProductView {
        title,
        variant,
        groups,
        from,
        chosen,
        stock: stock(Supply::Few),
        max_quantity: 3,
        ..product()
    }
}

/// A product of which nothing is left.
pub(crate) fn sold_out_product() -> ProductView {
    let mut page = product();
    page.groups.iter_mut().flat_map(|group| &mut group.values).for_each(|value| value.state = "out");
    ProductView { stock: stock(Supply::Out), sold_out: true, ..page }
}

/// The page for an unknown path.
pub(crate) fn not_found() -> ErrorView {
    ErrorView {
        status: 404,
        title: words("There is nothing at this address"),
        message: words(
            "The thing may have been renamed or is no longer sold. Everything we have is one page away.",
        ),
        links: vec![link("See everything", "/list.html"), link("To the front page", "/index.html")],
        correlation_id: Some(words("0193b2f4-6c1e-7a31-9d0e-2f6f0c9f4b11")),
    }
}

/// The page while the shop cannot answer.
pub(crate) fn unavailable() -> ErrorView {
    ErrorView {
        status: 503,
        title: words("The shop is very busy"),
        message: words(
            "Nothing was ordered. Wait a few seconds and try again; what you typed is still there when you go back.",
        ),
        links: vec![link("Try again", "/error-503.html")],
        ..not_found()
    }
}

/// The API page, from a small document.
pub(crate) fn api_docs() -> ApiDocsView {
    let document = serde_json::from_str(include_str!("openapi.json")).unwrap_or_default();
    ApiDocsView::new(&document, "/api/openapi.json", None)
}

/// What the API's problems mean.
pub(crate) fn problems() -> ProblemsView {
    ProblemsView {
        title: words("Problems"),
        intro: words("Why the API refuses. Programs compare the code, which never changes."),
        problems: vec![ProblemRow {
            code: words("too-many-requests"),
            href: words("/problems.html"),
            status: words("429 Too Many Requests"),
            title: words("Too many requests"),
            meaning: words("Ask again after the seconds in `Retry-After`."),
        }],
        ways: vec![link("The API", "/api.html")],
    }
}
