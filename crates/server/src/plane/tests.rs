mod fleet;
mod hosts;
mod live;
mod told;
