mod fs;
mod repo;
