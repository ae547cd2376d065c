/** Which platforms there are, which of them work on this machine, and which is the fastest. No locks. */
package dev.picket.platform.select;
