export interface TrailReader {}
