mod fleet;
mod live;
mod told;
