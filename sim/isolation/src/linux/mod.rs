//! Processes of their own, as Linux has them.

mod channel;
mod connection;
mod fault;
mod fork;
mod fork_server;
pub(crate) mod hints;
mod messages;
mod player;
mod remote_runner;
mod server_handle;
mod slots;
mod symbols;

use std::sync::Arc;

use lockstep_engine::registry::Registry;

use crate::{IsolationError, Settings};
use remote_runner::IsolatedApp;
use server_handle::ServerHandle;

pub(crate) fn isolate(
    registry: &Registry,
    settings: &Settings,
) -> Result<Registry, IsolationError> {
    let server = Arc::new(ServerHandle::start(registry, settings)?);
    let apps = registry.apps().iter().enumerate();
    let apps = apps.map(|(index, app)| {
        let descriptor = app.descriptor();
        let server = Arc::clone(&server);
        app.clone()
            .with_start(move |boot, condition, fault, observer| {
                let app = IsolatedApp {
                    server: Arc::clone(&server),
                    index,
                    descriptor,
                    fault,
                };
                remote_runner::start(app, boot, condition, observer)
            })
    });
    // The descriptors were checked when the registry was made.
    Registry::new(apps.collect()).map_err(|error| std::io::Error::other(error).into())
}
