/** The service as a whole: how it is set up, what it can do, and the object that holds its parts together. */
package dev.picket.service.system;
