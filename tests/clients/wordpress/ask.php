<?php
/**
 * Runs our plugin in as much of a real WordPress as sends requests: no database, no pages.
 *
 * WORDPRESS is its folder, ASKED a JSON list of [address, arguments of wp_remote_post]. Prints a JSON list of
 * [status, headers, body] as the caller sees them.
 */

error_reporting( E_ALL & ~E_DEPRECATED );
define( 'ABSPATH', getenv( 'WORDPRESS' ) . '/' );
define( 'WPINC', 'wp-includes' );
define( 'WP_DEBUG', false );
define( 'WINNOW_URL', getenv( 'WINNOW_URL' ) );
foreach ( array( 'version', 'compat', 'load', 'plugin', 'formatting', 'kses', 'functions', 'l10n', 'class-wp-error', 'http', 'class-wp-http' ) as $part ) {
	require ABSPATH . WPINC . "/$part.php";
}
foreach ( array( 'proxy', 'cookie', 'encoding', 'response', 'requests-response', 'requests-hooks' ) as $part ) {
	require ABSPATH . WPINC . "/class-wp-http-$part.php";
}

/** The settings that requests look at, which a database would hold. */
function known_option( $unknown, $name ) {
	return array( 'home' => 'https://blog.example', 'siteurl' => 'https://blog.example', 'blog_charset' => 'UTF-8' )[ $name ] ?? '';
}
add_filter( 'pre_option', 'known_option', 10, 2 );

function get_bloginfo( $name = '' ) {
	return 'version' === $name ? $GLOBALS['wp_version'] : 'https://blog.example';
}

require dirname( __DIR__, 3 ) . '/deploy/wordpress/winnow-akismet.php';

$found = array();
foreach ( json_decode( getenv( 'ASKED' ), true ) as list( $address, $args ) ) {
	$answer  = wp_remote_post( $address, $args );
	$headers = wp_remote_retrieve_headers( $answer );
	$found[] = is_wp_error( $answer )
		? array( 0, array(), $answer->get_error_message() )
		: array( wp_remote_retrieve_response_code( $answer ), is_object( $headers ) ? $headers->getAll() : $headers, wp_remote_retrieve_body( $answer ) );
}
echo json_encode( $found );
