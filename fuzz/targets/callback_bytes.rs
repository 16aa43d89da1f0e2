#![cfg_attr(feature = "libfuzzer", no_main)]

keyrack_fuzz::target!(callback_bytes);
