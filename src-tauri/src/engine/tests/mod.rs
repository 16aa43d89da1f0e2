//! The engine in process: a temporary home, a mock keychain that fails on demand, and a scripted provider.

mod bench;
mod direct;
mod keeping;
mod own_elements;
mod reconciling;
mod renewing;
mod signing_in;
mod wanted;
