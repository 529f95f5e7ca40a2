//! `bench http`: one request, again and again.

use std::io;

use crate::{
    cli::{HttpArgs, ModeName},
    load::{
        Mode, Plan,
        request::{self, Repeated},
        run,
    },
};

/// Sends the load and prints the result.
pub fn bench(args: &HttpArgs) -> io::Result<()> {
    let HttpArgs { connections, threads, duration, count, .. } = *args;
    let mode = match args.mode {
        ModeName::Closed => Mode::Closed,
        ModeName::Open => Mode::Open { rate: args.rate.unwrap_or_default() },
    };
    let plan = Plan { server: args.url.server, connections, threads, mode, duration, count };
    let bytes = match &args.json {
        Some(json) => request::json("POST", &args.url.path, &args.headers, json.as_bytes()),
        None => request::get(&args.url.path, &args.headers),
    };
    println!("{}", run(&plan, |_| Repeated(bytes.clone()))?);
    Ok(())
}
