/** The service itself: ping, version, info, events, disk usage, and what Docker has and Picket refuses. No locks. */
package dev.picket.api.system;
