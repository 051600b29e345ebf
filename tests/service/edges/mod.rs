//! What callers without credentials, and careless operators, can do to a server, as bounded attacks
//! on loopback. Each test prints its figure (memory, threads, descriptors, the longest wait of
//! others) and holds it to a bound. The server is a separate process; `EDGES_SERVER` names
//! another build of it to attack, which is how a test is seen to fail.

mod catalog;
mod logging;
mod logins;
mod server;
mod serving;
mod signatures;
mod stores;
mod wire;
