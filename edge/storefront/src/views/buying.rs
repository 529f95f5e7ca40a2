//! From the buy form to the delivered order.

use serde::Serialize;

use super::{Link, Moment, PictureView, Tone};
use crate::destinations::Destination;

/// A line of an order or of its summary.
#[derive(Debug, Clone, Serialize)]
pub struct LineRow {
    /// The product's name.
    pub title: String,
    /// The variant's options in words, when there is a choice.
    pub options: Option<String>,
    /// The product's page.
    pub href: Option<String>,
    /// A small picture.
    pub picture: Option<PictureView>,
    /// How many.
    pub quantity: u32,
    /// The price of one.
    pub unit_price: String,
    /// The price of all of them.
    pub total: String,
}

/// A row under the lines: subtotal, shipping, tax.
#[derive(Debug, Clone, Serialize)]
pub struct AmountRow {
    /// "Subtotal", "GST 18 %, included".
    pub label: String,
    /// The amount.
    pub amount: String,
}

/// The buy form, first shown or shown again with what has to be mended.
#[derive(Debug, Clone, Serialize)]
pub struct CheckoutView {
    /// Where the form is posted to.
    pub action: String,
    /// Back to the product.
    pub back: Link,
    /// The product's slug, if it is known; a hidden field.
    pub product: Option<String>,
    /// The variant's id; a hidden field.
    pub variant: String,
    /// How many; a hidden field.
    pub quantity: u32,
    /// The idempotency key, a hidden field: pressing twice orders once.
    pub key: String,
    /// The total that this form shows, or has shown, a hidden field: only this total is ordered. Empty when none is shown.
    pub expected_total: String,
    /// What is bought.
    pub lines: Vec<LineRow>,
    /// Subtotal and tax.
    pub amounts: Vec<AmountRow>,
    /// What will be paid. `None` while the shop cannot quote; there are no lines then either.
    pub total: Option<String>,
    /// Whether what was chosen cannot be bought any more.
    pub is_gone: bool,
    /// What can be bought in place of it.
    pub offers: Vec<Offer>,
    /// What was typed so far.
    pub values: CheckoutValues,
    /// The countries that can be shipped to.
    pub countries: Vec<Destination>,
    /// The ways to pay, by provider. Empty while nobody has said yet which there are.
    pub payments: Vec<PaymentGroup>,
    /// What has to be mended, in the order of the fields. Empty at first.
    pub errors: Vec<FieldMessage>,
}

/// Another variant of the product, a button of the form that keeps what was typed.
#[derive(Debug, Clone, Serialize)]
pub struct Offer {
    /// The variant's id.
    pub variant: String,
    /// What sets it apart: "2 litres, sea".
    pub words: String,
    /// Its price.
    pub price: String,
}

/// The buy form's fields; the names are the names in the posted form.
#[derive(Debug, Clone, Default, Serialize)]
#[expect(missing_docs, reason = "each name says what it is, and the form's labels say it again")]
pub struct CheckoutValues {
    pub email: String,
    pub name: String,
    pub line1: String,
    pub line2: String,
    pub city: String,
    pub region: String,
    pub postal_code: String,
    /// Company; not every form asks for it, as for those below.
    pub company: String,
    /// For the carrier.
    pub phone: String,
    /// For the invoice.
    pub tax_number: String,
    /// To the merchant.
    pub note: String,
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// The value of a [`PaymentOption`].
    pub payment: String,
}

/// The ways to pay that one provider offers.
#[derive(Debug, Clone, Serialize)]
pub struct PaymentGroup {
    /// The provider; shown where there are several.
    pub label: String,
    /// A sentence about paying with it.
    pub hint: String,
    /// The choices.
    pub options: Vec<PaymentOption>,
}

/// A way to pay.
#[derive(Debug, Clone, Serialize)]
pub struct PaymentOption {
    /// What the form sends: the provider and its token.
    pub value: String,
    /// What the shopper chooses.
    pub label: String,
    /// What will happen.
    pub hint: String,
}

/// Something to mend in a form.
#[derive(Debug, Clone, Serialize)]
pub struct FieldMessage {
    /// The field's name in [`CheckoutValues`]; empty when it concerns the order as a whole.
    pub field: String,
    /// What is wrong and how to mend it, as a sentence.
    pub message: String,
}

/// A step's state on the order's progress line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum StepState {
    /// Done.
    Done,
    /// Under way.
    Now,
    /// Still to come.
    Next,
    /// The order ended here.
    Stopped,
}

/// A step of the progress line.
#[derive(Debug, Clone, Serialize)]
pub struct ProgressStep {
    /// "Placed", "Confirmed".
    pub label: String,
    /// Chooses its mark.
    pub state: StepState,
}

/// A row of an order's history.
#[derive(Debug, Clone, Serialize)]
pub struct HistoryRow {
    /// When it happened.
    pub at: Moment,
    /// What happened.
    pub label: String,
    /// More about it.
    pub detail: Option<String>,
}

/// A payment or a refund of an order.
#[derive(Debug, Clone, Serialize)]
pub struct MoneyRow {
    /// Chooses its shape.
    pub tone: Tone,
    /// "Paid", "Refund under way".
    pub label: String,
    /// The amount.
    pub amount: String,
    /// Why it failed, or why the money goes back.
    pub detail: Option<String>,
    /// When.
    pub at: Moment,
}

/// The form that pays an order again.
#[derive(Debug, Clone, Serialize)]
pub struct PayForm {
    /// Where the form is posted to.
    pub action: String,
    /// The idempotency key, a hidden field: pressing twice pays once.
    pub key: String,
    /// What is to be paid.
    pub total: String,
    /// The ways to pay, by provider. Empty while nobody has said yet which there are.
    pub payments: Vec<PaymentGroup>,
    /// The chosen way to pay; the value of a [`PaymentOption`].
    pub chosen: String,
    /// What has to be mended.
    pub error: Option<String>,
}

/// A parcel on its way.
#[derive(Debug, Clone, Serialize)]
pub struct ParcelView {
    /// The carrier.
    pub company: String,
    /// The carrier's number for it.
    pub number: String,
    /// The carrier's page for it, on another site.
    pub href: Option<String>,
}

/// Who sold it.
#[derive(Debug, Clone, Serialize)]
pub struct SellerView {
    /// The shop's name.
    pub name: String,
    /// Its address, line by line; may be empty.
    pub address: Vec<String>,
    /// "GSTIN 32AAAAA0000A1Z5".
    pub tax: Option<String>,
    /// Where to write to.
    pub email: Option<String>,
}

/// An order, as the one who placed it sees it.
#[derive(Debug, Clone, Serialize)]
pub struct OrderView {
    /// The number that people quote.
    pub number: String,
    /// What names the status (`pending`, `payment-failed`); compared with the events' to see whether something changed.
    pub status: String,
    /// The status in words: "Waiting for payment".
    pub headline: String,
    /// What that means for the shopper.
    pub detail: String,
    /// Chooses the shape and colour of the headline.
    pub tone: Tone,
    /// The one thing to do now, if there is one: "Order it again".
    pub next: Option<Link>,
    /// The form that pays it again, while it can be.
    pub pay: Option<PayForm>,
    /// Where the form that cancels it is posted to, while it can be cancelled.
    pub cancel: Option<String>,
    /// The progress line.
    pub steps: Vec<ProgressStep>,
    /// The stream of status events, while its buyer waits for the payment: an open page holds no connection later.
    pub events: Option<String>,
    /// Whether its status can still change: the page asks again when it is shown again.
    pub open: bool,
    /// Whether the page reloads itself every 3 s where there is no JavaScript: while payment is decided.
    pub reload: bool,
    /// What was bought.
    pub lines: Vec<LineRow>,
    /// Subtotal and tax.
    pub amounts: Vec<AmountRow>,
    /// What was to be paid.
    pub total: String,
    /// Payments and refunds, the first one first.
    pub money: Vec<MoneyRow>,
    /// The parcel, once it is shipped.
    pub parcel: Option<ParcelView>,
    /// Where the mails go.
    pub email: String,
    /// The shipping address, line by line.
    pub address: Vec<String>,
    /// What its buyer wrote to the shop, line by line; may be empty.
    pub note: Vec<String>,
    /// Newest first.
    pub history: Vec<HistoryRow>,
    /// When it was placed.
    pub placed: Moment,
    /// Who sold it.
    pub seller: SellerView,
    /// Where its mails can be read, if they are kept in the shop.
    pub mails: Option<String>,
}
