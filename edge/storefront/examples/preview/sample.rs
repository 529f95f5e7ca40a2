//! Made-up contents for every page.

use storefront::views::{
    Amount, ApiDocs, Card, Checkout, CheckoutValues, Collection, Country, ErrorPage, FieldError, HistoryRow,
    Home, Line, Link, List, Mail, MailRow, MailState, Mailbox, Moment, Order, PaymentChoice, Picture,
    Product, Site, Step, StepState, Stock, StockLevel, Tone, Variant,
};

/// The HTML version of the sample mail, as it is framed.
pub(crate) const MAIL_HTML: &str =
    "<!doctype html><title>Mail</title><h1>Thank you, Meera</h1><p>Order L-10427, ₹2,360.</p>";

const SHELF: [(&str, &str, &str, StockLevel); 12] = [
    ("kettle", "Enamel kettle", "₹2,360", StockLevel::In),
    ("cup", "Band mug", "₹480", StockLevel::In),
    ("lamp", "Reading lamp, brass", "from ₹4,150", StockLevel::Few),
    ("notebook", "Stitched notebook", "from ₹320", StockLevel::In),
    ("bottle", "Walking flask", "₹1,240", StockLevel::Out),
    ("pot", "Terracotta pot with a rather long name that runs over", "from ₹290", StockLevel::In),
    ("bag", "Market bag", "₹890", StockLevel::In),
    ("board", "Oak board", "₹1,150", StockLevel::Few),
    ("cup", "Tea bowl, celadon", "₹560", StockLevel::In),
    ("notebook", "Week planner", "₹410", StockLevel::In),
    ("bottle", "Carafe", "₹980", StockLevel::In),
    ("lamp", "Night light", "₹1,320", StockLevel::In),
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

fn link(label: &str, href: &str) -> Link {
    Link { label: label.to_owned(), href: href.to_owned(), current: false }
}

fn words(text: &str) -> String {
    text.to_owned()
}

/// The frame around the page `name`.
pub(crate) fn site(name: &str) -> Site {
    let nav = [
        ("Everything", "/list.html", "list"),
        ("Mailbox", "/mailbox.html", "mailbox"),
        ("API", "/api.html", "api"),
    ];
    Site {
        name: words("Lateen"),
        tagline: words("goods for a small life"),
        nav: nav.map(|(label, href, page)| Link { current: page == name, ..link(label, href) }).into(),
        footer: vec![
            link("Everything", "/list.html"),
            link("Mailbox", "/mailbox.html"),
            link("API", "/api.html"),
        ],
        notice: Some(words("A demonstration: nothing is really sold, no money moves.")),
    }
}

fn picture(kind: &str, alt: &str) -> Picture {
    Picture { src: format!("/pictures/{kind}.svg"), alt: words(alt), width: 800, height: 800 }
}

fn stock(level: StockLevel) -> Stock {
    let text = match level {
        StockLevel::In => "in stock",
        StockLevel::Few => "only 3 left",
        StockLevel::Out => "sold out",
    };
    Stock { level, words: words(text) }
}

fn cards(range: std::ops::Range<usize>) -> Vec<Card> {
    let shelf = SHELF.iter().skip(range.start).take(range.len());
    shelf
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
pub(crate) fn home() -> Home {
    Home {
        headline: words("Good things, and not too many of them"),
        lede: words(
            "A small shop for kitchen, table, desk and the way between them. Each thing is chosen to be used daily and \
             mended when it breaks.",
        ),
        stills: cards(0..3),
        picks: cards(3..11),
        collections: COLLECTIONS
            .map(|(name, count)| Collection {
                href: words("/list.html"),
                name: words(name),
                count: words(count),
            })
            .into(),
    }
}

/// The front page before anything is published.
pub(crate) fn home_of_an_empty_shop() -> Home {
    Home { stills: Vec::new(), picks: Vec::new(), collections: Vec::new(), ..home() }
}

/// A list with a page after it.
pub(crate) fn list() -> List {
    let mut collections = vec![Link { current: true, ..link("Everything", "/list.html") }];
    collections.extend(COLLECTIONS.map(|(name, _)| link(name, "/list-empty.html")));
    List {
        title: words("Everything"),
        intro: Some(words("Sixty things, newest first.")),
        collections,
        cards: cards(0..12),
        first: None,
        next: Some(words("/list.html?cursor=abc")),
    }
}

/// A collection without products.
pub(crate) fn empty_list() -> List {
    let mut page = list();
    for link in &mut page.collections {
        link.current = link.label == "Garden";
    }
    List { title: words("Garden"), intro: None, cards: Vec::new(), next: None, ..page }
}

/// A product with a choice of size and colour.
pub(crate) fn product() -> Product {
    let variant = |id: &str, text: &str, price: &str, level| Variant {
        id: words(id),
        words: words(text),
        price: words(price),
        stock: stock(level),
        max_quantity: if level == StockLevel::Few { 3 } else { 10 },
        chosen: id == "v1",
    };
    Product {
        title: words("Enamel kettle"),
        price: words("₹2,360"),
        price_note: Some(words("GST included")),
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
        choice: words("Size and colour"),
        variants: vec![
            variant("v1", "1.2 litres, sea", "₹2,360", StockLevel::In),
            variant("v2", "1.2 litres, cream", "₹2,360", StockLevel::Few),
            variant("v3", "2 litres, sea", "₹2,890", StockLevel::In),
            variant("v4", "2 litres, cream", "₹2,890", StockLevel::Out),
        ],
        stock: stock(StockLevel::In),
        max_quantity: 10,
        more: cards(1..5),
    }
}

/// A product with a single variant.
pub(crate) fn product_without_choice() -> Product {
    let page = product();
    let variants = page.variants.iter().take(1).cloned().collect();
    Product { title: words("Oak board"), variants, stock: stock(StockLevel::Few), max_quantity: 3, ..page }
}

/// A product of which nothing is left.
pub(crate) fn sold_out_product() -> Product {
    let mut page = product();
    for variant in &mut page.variants {
        variant.chosen = false;
        variant.stock = stock(StockLevel::Out);
    }
    Product { stock: stock(StockLevel::Out), ..page }
}

fn lines() -> Vec<Line> {
    vec![
        Line {
            title: words("Enamel kettle"),
            options: Some(words("1.2 litres, sea")),
            href: Some(words("/product.html")),
            picture: Some(picture("kettle", "")),
            quantity: 1,
            unit_price: words("₹2,360"),
            total: words("₹2,360"),
        },
        Line {
            title: words("Band mug"),
            options: None,
            href: Some(words("/product.html")),
            picture: Some(picture("cup", "")),
            quantity: 4,
            unit_price: words("₹480"),
            total: words("₹1,920"),
        },
    ]
}

fn amounts() -> Vec<Amount> {
    [("Subtotal", "₹3,627.12"), ("GST 18 %", "₹652.88"), ("Shipping", "free")]
        .map(|(label, amount)| Amount { label: words(label), amount: words(amount) })
        .into()
}

/// The buy form as it first appears.
pub(crate) fn checkout() -> Checkout {
    let payments = [
        ("tok_ok", "A card that works", "Paid at once."),
        (
            "tok_declined",
            "A card that is declined",
            "The order is cancelled and the stock goes back on the shelf.",
        ),
        ("tok_slow", "A slow bank", "It answers after three seconds."),
        ("tok_timeout", "A bank that does not answer", "The shop asks again until it knows."),
        (
            "tok_lost",
            "A lost answer",
            "The bank has charged, but nobody heard it; it is found out, not charged twice.",
        ),
    ];
    Checkout {
        action: words("/checkout"),
        back: link("Enamel kettle", "/product.html"),
        variant: words("variant_01h"),
        quantity: 1,
        key: words("0193-key"),
        lines: lines(),
        amounts: amounts(),
        total: words("₹4,280"),
        values: CheckoutValues {
            country: words("IN"),
            payment: words("tok_ok"),
            ..CheckoutValues::default()
        },
        countries: [("IN", "India"), ("LK", "Sri Lanka"), ("NP", "Nepal")]
            .map(|(code, name)| Country { code: words(code), name: words(name) })
            .into(),
        payments: payments
            .map(|(token, label, hint)| PaymentChoice {
                token: words(token),
                label: words(label),
                hint: words(hint),
            })
            .into(),
        errors: Vec::new(),
    }
}

/// The buy form sent back.
pub(crate) fn checkout_with_errors() -> Checkout {
    let errors = [
        ("", "Only 3 kettles are left. The quantity is now 3."),
        ("email", "This address has no @. Write it like meera@example.in."),
        ("postal_code", "Add the postal code, six digits."),
        ("payment", "Choose how to pay."),
    ];
    let values = CheckoutValues {
        email: words("meera.example.in"),
        name: words("Meera <Iyer> & sons"),
        line1: words("14 Harbour Road"),
        city: words("Kochi"),
        country: words("LK"),
        ..CheckoutValues::default()
    };
    let errors =
        errors.map(|(field, message)| FieldError { field: words(field), message: words(message) }).into();
    Checkout { errors, values, ..checkout() }
}

fn moment(time: &str) -> Moment {
    Moment { iso: format!("2026-11-20T{time}:00Z"), words: format!("20 November 2026, {time}") }
}

fn steps(reached: usize, end: StepState) -> Vec<Step> {
    ["Placed", "Confirmed", "Packing", "Shipped", "Delivered"]
        .iter()
        .enumerate()
        .map(|(place, label)| {
            let state = match place.cmp(&reached) {
                std::cmp::Ordering::Less => StepState::Done,
                std::cmp::Ordering::Equal => end,
                std::cmp::Ordering::Greater => StepState::Next,
            };
            Step { label: words(label), state }
        })
        .collect()
}

fn history(rows: &[(&str, &str, Option<&str>)]) -> Vec<HistoryRow> {
    rows.iter()
        .map(|&(at, label, detail)| HistoryRow {
            at: moment(at),
            label: words(label),
            detail: detail.map(words),
        })
        .collect()
}

/// An order whose payment is being decided.
pub(crate) fn pending_order() -> Order {
    Order {
        number: words("L-10427"),
        status: words("pending"),
        headline: words("Waiting for the payment"),
        detail: words(
            "Your things are set aside. This page changes by itself as soon as the bank has answered.",
        ),
        tone: Tone::Waiting,
        steps: steps(1, StepState::Now),
        events: Some(words("/orders/order_01h/events?token=abc")),
        reload: true,
        lines: lines(),
        amounts: amounts(),
        total: words("₹4,280"),
        email: words("meera@example.in"),
        address: ["Meera Iyer", "14 Harbour Road", "682001 Kochi", "Kerala, India"].map(words).into(),
        history: history(&[("14:05", "Placed", None)]),
        mailbox: None,
    }
}

/// An order just paid.
pub(crate) fn confirmed_order() -> Order {
    Order {
        status: words("confirmed"),
        headline: words("Confirmed, thank you"),
        detail: words("The payment went through. We pack it next and write when it leaves."),
        tone: Tone::Good,
        steps: steps(2, StepState::Next),
        reload: false,
        history: history(&[
            ("14:06", "Confirmed", Some("Paid with the test provider")),
            ("14:05", "Placed", None),
        ]),
        mailbox: Some(words("/mail.html")),
        ..pending_order()
    }
}

/// An order on its way.
pub(crate) fn shipped_order() -> Order {
    Order {
        status: words("shipped"),
        headline: words("On its way"),
        detail: words("It left our door. Tracking number IN 4471 0932."),
        steps: steps(4, StepState::Next),
        history: history(&[
            ("18:40", "Shipped", Some("India Post, IN 4471 0932")),
            ("15:20", "Packing", None),
            ("14:06", "Confirmed", Some("Paid with the test provider")),
            ("14:05", "Placed", None),
        ]),
        ..confirmed_order()
    }
}

/// An order whose payment was declined.
pub(crate) fn cancelled_order() -> Order {
    let mut steps = steps(1, StepState::Stopped);
    steps.truncate(2);
    for step in steps.iter_mut().skip(1) {
        step.label = words("Cancelled");
    }
    Order {
        status: words("cancelled"),
        headline: words("Cancelled: the card was declined"),
        detail: words(
            "Nothing was charged and the things are back on the shelf. Try again with another card.",
        ),
        tone: Tone::Stopped,
        steps,
        events: None,
        reload: false,
        history: history(&[
            ("14:06", "Cancelled", Some("The bank declined the card")),
            ("14:05", "Placed", None),
        ]),
        ..pending_order()
    }
}

fn mail_state(tone: Tone, text: &str) -> MailState {
    MailState { tone, words: words(text) }
}

/// Mails in every state.
pub(crate) fn mailbox() -> Mailbox {
    let mails = [
        ("Your order L-10427 is confirmed", "meera@example.in", Tone::Good, "sent", "14:06"),
        (
            "Your order L-10426 is confirmed",
            "a.very.long.address.of.somebody@subdomain.example.org",
            Tone::Waiting,
            "queued",
            "14:01",
        ),
        ("Your order L-10425 is confirmed", "नमस्ते@example.in", Tone::Stopped, "failed", "13:58"),
    ];
    Mailbox {
        mails: mails
            .map(|(subject, to, tone, state, at)| MailRow {
                href: words("/mail.html"),
                to: words(to),
                subject: words(subject),
                state: mail_state(tone, state),
                at: moment(at),
            })
            .into(),
        next: Some(words("/mailbox.html?cursor=abc")),
    }
}

/// No mail.
pub(crate) fn empty_mailbox() -> Mailbox {
    Mailbox { mails: Vec::new(), next: None }
}

/// A mail with both its versions.
pub(crate) fn mail() -> Mail {
    Mail {
        from: words("Lateen <shop@lateen.example>"),
        to: words("meera@example.in"),
        subject: words("Your order L-10427 is confirmed"),
        state: mail_state(Tone::Good, "sent"),
        at: moment("14:06"),
        html_src: words("/mail-alone.html"),
        text: words(
            "Thank you, Meera.\n\nOrder L-10427\n\n  1 x Enamel kettle, 1.2 litres, sea    ₹2,360\n  4 x Band mug                          \
             ₹1,920\n\n  Total                                 ₹4,280\n\nFollow it: http://127.0.0.1:8080/orders/order_01h?token=abc\n",
        ),
        failure: None,
    }
}

/// The page for an address that leads nowhere.
pub(crate) fn not_found() -> ErrorPage {
    ErrorPage {
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
pub(crate) fn unavailable() -> ErrorPage {
    ErrorPage {
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
pub(crate) fn api_docs() -> ApiDocs {
    let document = include_str!("openapi.json");
    ApiDocs { api: serde_json::from_str(document).unwrap_or_default(), json_href: words("/api/openapi.json") }
}
