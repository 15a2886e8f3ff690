mod delivered;
mod fleet;
mod hosts;
mod live;
mod measured;
