/** Networks on the wire: the three that every Docker has; a sandbox has a loopback of its own and nothing else yet. */
package dev.picket.api.network;
