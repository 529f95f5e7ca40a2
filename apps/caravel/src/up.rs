//! `caravel up`: the whole shop in one process.

use runtime::{BoxError, shutdown::Phase};
use tokio_util::sync::CancellationToken;

use crate::{
    data_folder::DataFolder,
    edges,
    greeting::greet,
    parts::Parts,
    process::{self, Process},
    settings::Settings,
    shop::Shop,
    transport,
};

pub(crate) async fn run(settings: Settings) -> Result<(), BoxError> {
    settings.check_for_one_process()?;
    let process = Process::begin(&settings, "caravel")?;
    // First of all: nothing has happened yet when a port turns out to be in use.
    let listener = process::listen(settings.web.listen, "--listen")?;
    let listen_address = listener.local_addr()?;
    let _folder = DataFolder::take(&settings.data.folder)?;
    let parts = Parts::whole();
    let transport = transport::with_queues(transport::within(), &settings, Some(&process.health)).await?;
    // A server that does not answer yet is waited for, until a signal ends the wait.
    let shop = tokio::select! {
        shop = Shop::open(settings, &parts, transport) => shop?,
        () = process.shutdown.asked() => return Ok(()),
    };
    let admin = shop.keys.admin()?;
    let server = edges::open(&shop, &parts, &process, process.shutdown.token(Phase::Accept)).await?;
    shop.start();
    process.watch(&shop);
    if shop.settings.shop.demo {
        shop.seed_if_empty().await?;
    }
    process.serve(server, listener, CancellationToken::new());
    process.open();
    greet(&shop.settings, listen_address, &admin);
    process.drain(&shop).await;
    Ok(())
}
