//! Proxies between a caller and what it calls: they judge, record or cut what goes through.

pub mod commit;
pub mod prism;
pub mod recording;
