mod delivered;
mod fleet;
mod hosts;
mod live;
mod machines;
mod measured;
