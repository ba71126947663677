"""What the benches of whole programs have in common: cores and their time, frames and files of them."""
