//! Measures the lower bound of saving tokens: writes values of one size into the keychain of this session from several
//! threads, through the store that Keyrack uses but without Keyrack. Prints the milliseconds of each write, one per line,
//! and last those of all.
//!
//! Arguments: number of values, threads, bytes per value.

#[cfg(target_os = "linux")]
fn main() {
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Instant;

    use keyring_core::api::CredentialStoreApi;

    let number = |n| std::env::args().nth(n).and_then(|a| a.parse::<usize>().ok()).expect("a number");
    let (count, threads, bytes) = (number(1), number(2), number(3));
    let store = zbus_secret_service_keyring_store::Store::new().expect("a keyring");
    let value = vec![b'x'; bytes];
    let next = AtomicUsize::new(0);
    let times = Mutex::new(Vec::with_capacity(count));
    let begin = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let n = next.fetch_add(1, Ordering::Relaxed);
                    if n >= count {
                        return;
                    }
                    let begin = Instant::now();
                    let entry = store.build("figures", &n.to_string(), None).expect("an entry");
                    entry.set_secret(&value).expect("written");
                    times.lock().expect("no panic").push(begin.elapsed());
                }
            });
        }
    });
    let all = begin.elapsed();
    for time in times.into_inner().expect("no panic") {
        println!("{}", time.as_secs_f64() * 1000.0);
    }
    println!("{}", all.as_secs_f64() * 1000.0);
}

#[cfg(not(target_os = "linux"))]
fn main() {
    eprintln!("The keychain is measured on Linux only.");
}
