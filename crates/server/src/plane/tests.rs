mod live;
mod told;
