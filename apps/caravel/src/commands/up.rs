//! `caravel up`: the whole shop in one process.

use order_contract::Intake;
use runtime::{BoxError, settings::Settings, shutdown::Phase};
use tokio_util::sync::CancellationToken;

use super::seed;
use crate::{
    data::DataFolder,
    edges,
    greet::greet,
    process::{self, Process},
    roster::Roster,
    settings,
    shop::Shop,
    transport,
};

pub(super) async fn run(settings: Settings) -> Result<(), BoxError> {
    settings::check(&settings)?;
    if settings.section::<settings::Shop>("shop")?.intake != Intake::WhenAsked {
        return Err("shop.intake must be when_asked in one process: without a broker there is no queue in which orders \
                    could wait; run `caravel fleet`, or leave it out"
            .into());
    }
    let process = Process::begin(&settings, "caravel")?;
    let web: settings::Web = settings.section("web")?;
    // Taken first: a port that is in use is told before anything else happens.
    let listener = process::listen(web.listen.0, "--listen")?;
    let address = listener.local_addr()?;
    let data: settings::Data = settings.section("data")?;
    let _folder = DataFolder::take(&data.folder)?;
    let roster = Roster::whole();
    let transport = transport::with_queues(transport::within(), &settings, Some(&process.health)).await?;
    // A server that is not there yet is waited for; whoever does not want to wait says so.
    let shop = tokio::select! {
        shop = Shop::open(settings, &roster, transport) => shop?,
        () = process.shutdown.asked() => return Ok(()),
    };
    let admin = shop.keys.admin()?;
    let server = edges::open(&shop, &roster, &process, process.shutdown.token(Phase::Accept))?;
    shop.start()?;
    process.watch(&shop);
    if shop.settings.section::<settings::Shop>("shop")?.demo {
        seed::if_empty(&shop).await?;
    }
    process.serve(server, listener, CancellationToken::new());
    process.is_open();
    greet(&shop.settings, address, &admin)?;
    process.drain(&shop).await;
    Ok(())
}
